/**
 * A worker in a process of its own, for tests that stop or kill it. Its argument is `Orders` as JSON. It writes one line
 * when its worker has started, and one before it stops itself. At the line `stop` on its input it stops its worker
 * gracefully and ends.
 */
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { openInstallation } from "../../src/api/installation.ts";
import { systemHost } from "../../src/contracts/index.ts";
import type { ConnectionOptions } from "../../src/store/index.ts";
import { type CrashPoint, claimDue, type LeaseProfile, type TemporalAddress } from "../../src/worker/index.ts";
import { crashPack } from "./pack.ts";

export interface Orders {
  readonly server: ConnectionOptions;
  readonly directory: string;
  /** The program in which graphs run, and the URL of the module that holds them. */
  readonly graphProgram: string;
  readonly graphs: string;
  readonly profile: LeaseProfile;
  /** The cluster that calls for runs; null: the worker looks for them itself. */
  readonly temporal: TemporalAddress | null;
  /** What the process does to itself, and where: `claimed` is between the claim of a run and its first commit. */
  readonly signal: "SIGKILL" | "SIGSTOP";
  readonly at: Stop | "claimed" | null;
}

/** A point that a step passes, and which time it is that counts; the first where nothing is said. */
export interface Stop {
  readonly point: CrashPoint;
  readonly step: string;
  readonly time?: number;
}

const orders: Orders = JSON.parse(process.argv[2] ?? "");

/** What a child says: its worker has started; it stops itself now. */
export type Said = "started" | "stopping";

/** Written before the next instruction runs. */
const say = (line: Said) => writeSync(1, `${line}\n`);

const signalMyself = () => {
  if (orders.signal === "SIGSTOP") say("stopping");
  process.kill(process.pid, orders.signal);
};

const { tools } = crashPack(() => process.kill(process.pid, "SIGKILL"), orders.graphs);
const installation = await openInstallation({
  host: systemHost(),
  directory: orders.directory,
  server: orders.server,
  migrate: false,
  tools,
  tier: "HARDENED",
  graphProgram: orders.graphProgram,
});

if (orders.at === "claimed") {
  await claimDue(installation.database.worker, "claimer", 1, orders.profile.leaseMs);
  signalMyself();
}

let passed = 0;
const worker = installation.newWorker({
  profile: orders.profile,
  ...(orders.temporal === null ? {} : { schedule: await installation.connectTemporal(orders.temporal) }),
  reached: (point, { step }) => {
    const { at } = orders;
    if (at === null || at === "claimed" || at.point !== point || at.step !== step) return;
    passed += 1;
    if (passed === (at.time ?? 1)) signalMyself();
  },
  onTrouble: (runId, error) => process.stderr.write(`${runId} ${String(error)}\n`),
});
worker.start();
say("started");

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "stop") continue;
  await worker.stop();
  await installation.close();
  break;
}
