import { type Instant, seededRandom } from "../contracts/index.ts";
import { Committer, ControlRoom, postgresSchedule, WORKER_PROFILE, Worker } from "../worker/index.ts";
import { Bank, type Effect } from "./bank.ts";
import { Mischief } from "./fault-plan.ts";
import { setClock } from "./queries.ts";
import { Schedule } from "./schedule.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { INSTALLATION_KEY, type SimulationWorld, TENANT } from "./simulation-world.ts";

/** A worker to which nothing happens, turn by turn. */
export interface StagedWorker {
  readonly now: Instant;
  readonly effects: readonly Effect[];
  turn(): Promise<void>;
}

/** Starts a worker at an instant of simulated time. */
export function stagedWorker(
  world: SimulationWorld,
  { seed, now }: { readonly seed: number; readonly now: Instant },
): StagedWorker {
  const random = seededRandom(seed);
  const schedule = new Schedule(now, random);
  const bank = new Bank({ schedule, random, mischief: new Mischief([]), onEffect: () => undefined });
  const process = new SimulatedProcess("worker-1", seed, {
    schedule,
    database: world.database,
    mischief: null,
    tellTime: async (time) => void (await setClock(world.database.owner, time)),
    onAnswer: () => undefined,
    onDeath: () => undefined,
  });
  const { database, host } = process;
  new Worker({
    database,
    host,
    registry: world.registry,
    tier: "HARDENED",
    committer: new Committer(database.committer, () => process.turn("gathers commits")),
    control: new ControlRoom({ database, host, installationKey: INSTALLATION_KEY }),
    network: { fetch: bank.reachedFrom(process), resolve: async () => ["127.0.0.1"] },
    profile: WORKER_PROFILE,
    schedule: postgresSchedule,
    workerId: process.name,
    station: { tenantId: TENANT, hostId: "simulated", pid: 1 },
    openSealed: () => async (value) => value,
    reached: () => undefined,
    onTrouble: () => undefined,
  }).start();
  return {
    get now() {
      return schedule.now;
    },
    effects: bank.effects,
    turn: async () => void (await schedule.step()),
  };
}
