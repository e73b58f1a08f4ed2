import { after, type Instant, seededRandom } from "../contracts/index.ts";
import { Committer, factsReader, postgresSchedule, WORKER_PROFILE, Worker } from "../worker/index.ts";
import { Bank } from "./bank.ts";
import { Mischief } from "./fault-plan.ts";
import { setClock } from "./queries.ts";
import { Schedule, WORLD } from "./schedule.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { controlRoomOf, type SimulationWorld, START, TENANT } from "./simulation-world.ts";

/** The time of a stage, its provider, and a worker that is there or is not. */
export class Backstage {
  readonly bank: Bank;
  /** What the workers could not handle, by its code. */
  readonly troubles: string[] = [];
  readonly #world: SimulationWorld;
  readonly #seed: number;
  readonly #schedule: Schedule;
  #processes = 0;
  #worker: SimulatedProcess | null = null;

  constructor(world: SimulationWorld, seed: number) {
    this.#world = world;
    this.#seed = seed;
    const random = seededRandom(seed);
    this.#schedule = new Schedule(START, random);
    const none = { mischief: new Mischief([]), onEffect: () => undefined };
    this.bank = new Bank({ schedule: this.#schedule, random, ...none });
  }

  get now(): Instant {
    return this.#schedule.now;
  }

  async pass(seconds: number): Promise<void> {
    let isOver = false;
    const happen = () => {
      isOver = true;
    };
    this.#schedule.at(after(this.now, seconds * 1_000), { actor: WORLD, what: "time passes", happen });
    while (!isOver) await this.#schedule.step();
    await this.tell();
  }

  /** Has the database's clock say what time it is. */
  async tell(): Promise<void> {
    await setClock(this.#world.database.owner, this.now);
  }

  /** One thing that a worker does, or waits for. */
  async turn(): Promise<void> {
    this.#worker ??= this.#start();
    await this.#schedule.step();
  }

  kill(): void {
    this.#worker?.kill();
    this.#worker = null;
  }

  #start(): SimulatedProcess {
    this.#processes += 1;
    const process = new SimulatedProcess(`worker-${this.#processes}`, this.#seed * 1_000 + this.#processes, {
      schedule: this.#schedule,
      database: this.#world.database,
      mischief: null,
      tellTime: async (now) => void (await setClock(this.#world.database.owner, now)),
      onAnswer: () => undefined,
      onDeath: () => undefined,
    });
    const { database, host } = process;
    new Worker({
      database,
      host,
      registry: this.#world.registry,
      tier: "HARDENED",
      committer: new Committer(database.committer, () => process.turn("gathers commits")),
      facts: factsReader(database, () => process.turn("gathers facts")),
      turn: () => process.turn("gathers runs"),
      control: controlRoomOf(this.#world, process),
      network: { fetch: this.bank.reachedFrom(process), resolve: async () => ["127.0.0.1"] },
      profile: WORKER_PROFILE,
      schedule: postgresSchedule,
      workerId: process.name,
      station: { tenantId: TENANT, hostId: "simulated", pid: this.#processes },
      openSealed: () => async (value) => value,
      reached: () => undefined,
      onTrouble: (_runId, error) => void this.troubles.push(codeOf(error)),
    }).start();
    return process;
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
