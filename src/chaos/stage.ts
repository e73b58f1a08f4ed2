import { after, assert, type Host, type Instant, type Json, seededRandom, uuidV7Ids } from "../contracts/index.ts";
import { readStream, type StoredEvent, tellRun } from "../ledger/index.ts";
import { beginRun, findRun, type RunRow } from "../run/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import {
  claimDue,
  type GrantedLease,
  type HandoffPackage,
  handOver,
  LeaseWatch,
  leasesOf,
  registerLease,
  releaseLease,
  type TakeoverRequest,
  takeOver,
} from "../worker/index.ts";
import { Judge, type Violation } from "./assertions.ts";
import { type ExpectedLook, judgeLook } from "./look.ts";
import { setClock } from "./queries.ts";
import { APPROVER } from "./simulation-pack.ts";
import { furnish, type SimulationWorld, START, TENANT } from "./simulation-world.ts";
import { type StagedWorker, stagedWorker } from "./staged-worker.ts";

/** A lease by token that somebody asks for. */
interface AskedLease {
  readonly lane: string;
  readonly stepId: string;
  readonly threadId: string;
  readonly ttlSeconds: number;
}

const CONTROLLER: AskedLease = { lane: "controller", stepId: "debit", threadId: "thread-1", ttlSeconds: 1_800 };

/** Who takes over by name. */
export const SUCCESSOR = { threadId: "thread-2", hostId: "host-2", pid: 2, ttlSeconds: 1_800 };

export const FORCED = { kind: "force", reason: "its machine is gone" } as const;

/** Turns after which what a worker has not come to will not come. */
const TURNS_MAX = 2_000;

const EVENTS_MAX = 1_000;

/** One tenant, one clock and one database, on which a situation is made by hand and looked at. Nothing on it happens by itself. */
export class Stage {
  readonly world: SimulationWorld;
  readonly host: Host;
  readonly judge = new Judge();
  readonly violations: Violation[] = [];
  readonly runs: string[] = [];
  readonly #seed: number;
  #now: Instant = START;
  #worker: StagedWorker | null = null;

  private constructor(world: SimulationWorld, seed: number) {
    this.world = world;
    this.#seed = seed;
    const clock = { now: () => this.#now, wake: async () => undefined };
    const random = seededRandom(seed);
    this.host = { clock, random, ids: uuidV7Ids(clock, random) };
  }

  static async open(world: SimulationWorld, seed: number): Promise<Stage> {
    await furnish(world, seed);
    return new Stage(world, seed);
  }

  get ports() {
    return { database: this.world.database, host: this.host };
  }

  sql<T>(work: (sql: TenantQuery) => Promise<T>): Promise<T> {
    return inTenant(this.world.database, TENANT, work);
  }

  async pass(seconds: number): Promise<void> {
    assert(this.#worker === null, "a worker lives by its own time");
    this.#now = after(this.#now, seconds * 1_000);
    await setClock(this.world.database.owner, this.#now);
  }

  async begin(name: string): Promise<string> {
    const { pack } = this.world;
    const workflow = pack.workflows[name];
    assert(workflow !== undefined, "a situation is of one of the pack's workflows");
    const key = `situation-${this.runs.length + 1}`;
    const start = { tenantId: TENANT, pack, workflow, startKey: key, correlationId: key, principalId: "ops" };
    const trigger = { reference: key };
    const runId = await this.sql((sql) =>
      beginRun(sql, this.host, { ...start, trigger, channel: "controlled_fixture", causation: null }),
    );
    assert(runId !== null, "each situation starts runs of its own");
    this.runs.push(runId);
    return runId;
  }

  /** Has a worker hold every run that is due which then does nothing. */
  async claim(): Promise<void> {
    await claimDue(this.world.database.worker, "ghost", 100, 60_000);
  }

  async lease(runId: string, asked: Partial<AskedLease> = {}): Promise<GrantedLease> {
    const request = { ...CONTROLLER, ...asked, tenantId: TENANT, runId, hostId: "host-1", pid: 1 };
    const granted = await registerLease(this.ports, request);
    assert(granted.ok, "whoever asks first is given the lease");
    return granted.value;
  }

  async release(runId: string, stepId: string, token: string): Promise<void> {
    const released = await releaseLease(this.ports, { tenantId: TENANT, runId, stepId, token });
    assert(released.ok, "whoever has the token gives the lease up");
  }

  async handOff(runId: string): Promise<HandoffPackage> {
    const asked = { madeFor: "demand", includeAccepted: false, evidencePaths: null } as const;
    const made = await handOver(this.ports, { ...asked, tenantId: TENANT, runId, by: APPROVER });
    assert(made.ok, "a package of an open run is made");
    return made.value;
  }

  /** What every worker does now and then. */
  async watch(workerId: string): Promise<void> {
    const onTrouble = (runId: string, error: unknown) => this.expect(`${runId} is looked after`, String(error), "");
    await new LeaseWatch({ ...this.ports, workerId, onTrouble }).look();
  }

  /** Looks at a run's holder, and judges what comes of it. */
  async look(
    runId: string,
    expected: ExpectedLook,
    asked: Partial<Pick<TakeoverRequest, "override" | "successor" | "handoff">> = {},
  ): Promise<void> {
    const request = { override: null, successor: null, handoff: null, fromEpoch: null, ...asked };
    const looked = await takeOver(this.ports, { ...request, tenantId: TENANT, runId, by: APPROVER });
    this.expect("a look that is not refused", looked.ok ? null : looked.refusal.code, null);
    if (!looked.ok) return;
    const [events, leases] = await this.sql(async (sql) => [
      await readStream(sql, runId, 0, EVENTS_MAX),
      await leasesOf(sql, runId),
    ]);
    this.violations.push(...judgeLook(this.judge, expected, { at: this.#now, outcome: looked.value, events, leases }));
  }

  /** What must be so. */
  expect(what: string, found: Json, wanted: Json): void {
    const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (is !== should)
      this.violations.push({ rule: "N8", assertion: null, message: `${what}: is ${is} and should be ${should}` });
  }

  events(runId: string): Promise<readonly StoredEvent[]> {
    return this.sql((sql) => readStream(sql, runId, 0, EVENTS_MAX));
  }

  async run(runId: string): Promise<RunRow> {
    const row = await this.sql((sql) => findRun(sql, runId));
    assert(row !== undefined, "a run that was begun is there");
    return row;
  }

  /** A person's word to a run that waits for one. */
  async resume(runId: string): Promise<void> {
    const told = { kind: "resume", payload: { lane: null, payload: {} }, actor: APPROVER } as const;
    await this.sql((sql) => tellRun(sql, runId, { ...told, inbox_id: this.host.ids.next(), at: this.#now }));
  }

  /** Has a worker work until the run is as wanted, and says how it is then. */
  async work(runId: string, until: (run: RunRow) => boolean): Promise<RunRow> {
    this.#worker ??= stagedWorker(this.world, { seed: this.#seed, now: this.#now });
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      const run = await this.run(runId);
      if (until(run)) return run;
      await this.#worker.turn();
      this.#now = this.#worker.now;
    }
    return this.run(runId);
  }

  /** What the staged worker had the provider do. */
  get effects(): number {
    return this.#worker?.effects.length ?? 0;
  }
}
