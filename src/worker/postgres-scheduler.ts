import { Lookout } from "./lookout.ts";
import { claimDue } from "./queries.ts";
import type { Schedule } from "./scheduler.ts";

/** Every worker looks for due runs itself, and claims as many as it has room for. */
export const postgresSchedule: Schedule = (desk, { database, workerId, profile, host }) => {
  const lookout = new Lookout(host.clock, profile.pollMs, async () => {
    const room = desk.room();
    if (room === 0) return "enough";
    const drives = await desk.take(() => claimDue(database.worker, workerId, room, profile.leaseMs));
    for (const drive of drives) void drive.then(() => lookout.nudge());
    return drives.length < room ? "enough" : "again";
  });
  return {
    start: () => lookout.start(),
    nudge: () => lookout.nudge(),
    stop: () => lookout.stop(),
    close: async () => undefined,
  };
};
