import { assert, Fault, type Host, type Json, seededRandom, uuidV7Ids } from "../contracts/index.ts";
import { type ChainBreak, chainRow, readStream, type StoredEvent, tellRun, verifyStream } from "../ledger/index.ts";
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
import { Backstage } from "./backstage.ts";
import { type ExpectedLook, judgeLook } from "./look.ts";
import { restoreRun, saveRun, tampering } from "./queries.ts";
import { APPROVER } from "./simulation-pack.ts";
import { furnish, type SimulationWorld, TENANT } from "./simulation-world.ts";

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
  readonly #backstage: Backstage;

  private constructor(world: SimulationWorld, seed: number) {
    this.world = world;
    const backstage = new Backstage(world, seed);
    this.#backstage = backstage;
    const clock = { now: () => backstage.now, wake: async () => undefined };
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

  pass(seconds: number): Promise<void> {
    return this.#backstage.pass(seconds);
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
    this.violations.push(
      ...judgeLook(this.judge, expected, { at: this.host.clock.now(), outcome: looked.value, events, leases }),
    );
  }

  /** A person's word that a run is taken from its holder, whatever comes of it. */
  async force(runId: string): Promise<void> {
    const request = { override: FORCED, successor: null, handoff: null, fromEpoch: null };
    await takeOver(this.ports, { ...request, tenantId: TENANT, runId, by: APPROVER });
  }

  /** The code of the fault that an act meets; null for none. */
  async faultOf(act: () => Promise<void>): Promise<string | null> {
    try {
      await act();
      return null;
    } catch (error) {
      return error instanceof Fault ? error.code : String(error);
    }
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
    await this.sql((sql) =>
      tellRun(sql, runId, { ...told, inbox_id: this.host.ids.next(), at: this.host.clock.now() }),
    );
  }

  /** Has a worker work until the run is as wanted, and says how it is then. */
  async work(runId: string, until: (run: RunRow) => boolean): Promise<RunRow> {
    for (let turn = 0; turn < TURNS_MAX && !until(await this.run(runId)); turn++) await this.#backstage.turn();
    await this.#backstage.tell();
    return this.run(runId);
  }

  /** The worker is gone without a word; what it held is over some time later. */
  async lose(): Promise<void> {
    this.#backstage.kill();
    await this.pass(60);
  }

  /** What the provider was made to do. */
  get effects(): number {
    return this.#backstage.bank.effects.length;
  }

  get troubles(): readonly string[] {
    return this.#backstage.troubles;
  }

  /** Keeps a run's record as it is, as a backup does, and writes into it what no statement of ours does. */
  async tamper(runId: string, write: (sql: TenantQuery) => Promise<unknown>): Promise<void> {
    const { owner } = this.world.database;
    await tampering(owner, TENANT, async (sql) => {
      await saveRun(sql, runId);
      await write(sql);
    });
  }

  /** Puts what was kept in the place of what was written. */
  async restore(runId: string): Promise<void> {
    await tampering(this.world.database.owner, TENANT, (sql) => restoreRun(sql, runId));
  }

  /** As `ledger verify` does. */
  async verify(runId: string): Promise<ChainBreak | null> {
    const { head_seq: seq, head_hash: hash } = await this.run(runId);
    const rows = (await this.events(runId)).map((stored) => chainRow(TENANT, stored));
    return (await verifyStream(rows, { tenant: TENANT, stream: runId }, { head: { seq, hash } })).broken;
  }
}
