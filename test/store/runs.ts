import { afterAll, beforeAll } from "vitest";
import { GENESIS_HASH, type JsonObject, seededHost } from "../../src/contracts/index.ts";
import { type SealedEvent, type StreamHead, sealEvent } from "../../src/ledger/index.ts";
import { type Database, inTenant, openDatabase, type TenantQuery } from "../../src/store/index.ts";
import { type Commit, type CommitExtras, claimDue } from "../../src/worker/index.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";

const STREAM_DAY = "2026-01-01";

/** Gives the tests of a file one fresh database, opened before the first and dropped after the last. */
export function useDatabase(): () => Database {
  let fresh: FreshDatabase;
  let database: Database;
  beforeAll(async () => {
    fresh = await freshDatabase();
    database = openDatabase(fresh.options);
  });
  afterAll(async () => {
    await database.close();
    await fresh.drop();
  });
  return () => database;
}

const host = seededHost(1);

/** A name that no other test of the file uses. */
export const freshId = (prefix: string): string => `${prefix}-${host.ids.next()}`;

/** Adds a tenant under its own context and returns its id. */
export async function addTenant(database: Database, tenantId: string = freshId("shop")): Promise<string> {
  await inTenant(
    database,
    tenantId,
    (sql) =>
      sql`insert into tenant (tenant_id, name, created_at, updated_at) values (${tenantId}, ${tenantId}, clock(), clock())`,
  );
  return tenantId;
}

/** What `begin_run` reads: a run with its first event. */
export function beginning(
  tenantId: string,
  changes: { readonly startKey?: string } = {},
): JsonObject & { run_id: string } {
  const runId = host.ids.next();
  const { entry, hash, payload_text } = nextEvent(tenantId, runId, { seq: 0, hash: GENESIS_HASH }, { epoch: 0 });
  return {
    run_id: runId,
    stream_day: STREAM_DAY,
    workflow_id: "W",
    pack_id: "p",
    pack_digest: "d",
    correlation_id: `c-${runId}`,
    principal_id: "tester",
    channel: "ci",
    start_key: changes.startKey ?? `k-${runId}`,
    started_at: entry.at,
    event: { ...entry, hash, payload: payload_text },
  };
}

export async function begin(sql: TenantQuery, run: JsonObject): Promise<boolean> {
  const rows = await sql<{ begun: boolean }[]>`select begin_run(${JSON.stringify(run)}::text::jsonb) as begun`;
  return rows[0]?.begun === true;
}

function nextEvent(
  tenant: string,
  runId: string,
  head: StreamHead,
  { epoch }: { readonly epoch: number },
): SealedEvent {
  return sealEvent({
    proposed: { type: "test.step", at: host.clock.now(), step: "s", payload: { seq: head.seq + 1 } },
    head,
    frame: {
      tenant,
      stream: runId,
      correlation: `c-${runId}`,
      causation: null,
      actor: "tester",
      channel: "ci",
      epoch,
      dedupKey: null,
    },
    recordedAt: host.clock.now(),
    ids: host.ids,
  });
}

/** A run under a lease, as its holder knows it. */
export interface Held {
  readonly tenantId: string;
  readonly runId: string;
  readonly epoch: number;
  readonly version: number;
  readonly head: StreamHead;
}

/** Starts a run and leases it, with whatever else is due, to a worker. */
export async function heldRun(database: Database, tenantId: string, worker = "worker-1"): Promise<Held> {
  const run = beginning(tenantId);
  await inTenant(database, tenantId, (sql) => begin(sql, run));
  const claimed = await claimDue(database.worker, worker, CLAIMS_MAX, LEASE_MS);
  const { head, version } = await stored(database, tenantId, run.run_id);
  return { tenantId, runId: run.run_id, epoch: claimed.find(({ id }) => id === run.run_id)?.epoch ?? 0, version, head };
}

/** More than a file of tests ever starts. */
const CLAIMS_MAX = 10_000;

/** Longer than any test: a lease ends in these tests only by a statement. */
export const LEASE_MS = 600_000;

/** One step of a held run: an event after its head, and whatever else the test wants to commit. */
export function step(run: Held, changes: Partial<Commit> = {}, extras: CommitExtras | null = null): Commit {
  const event = nextEvent(run.tenantId, run.runId, run.head, run);
  return {
    tenantId: run.tenantId,
    runId: run.runId,
    epoch: run.epoch,
    version: run.version,
    status: "RUNNING",
    outcome: null,
    code: null,
    events: [event],
    snapshot: null,
    documentSha256: null,
    costMicros: 0,
    release: false,
    dueInMs: null,
    folded: 0,
    extras,
    ...changes,
  };
}

/** A step that the database refuses: its event takes the first one's place in the stream. */
export const withTakenSequence = (run: Held): Commit => step({ ...run, head: { seq: 0, hash: GENESIS_HASH } });

/** The run as its holder knows it after a commit. */
export function afterCommit(run: Held, { events }: Commit): Held {
  const last = events.at(-1);
  const head = last === undefined ? run.head : { seq: last.entry.seq, hash: last.hash };
  return { ...run, version: run.version + 1, head };
}

export interface StoredRun {
  readonly version: number;
  readonly epoch: number;
  readonly status: string;
  readonly head: StreamHead;
  /** Types of the stream's events, in order. */
  readonly events: readonly string[];
}

/** What the database holds of a run. */
export const stored = (database: Database, tenantId: string, runId: string): Promise<StoredRun> =>
  inTenant(database, tenantId, async (sql) => {
    const [run] = await sql<{ version: number; epoch: number; status: string; seq: number; hash: string }[]>`
      select version, epoch, status, head_seq as seq, head_hash as hash from run where run_id = ${runId}`;
    if (run === undefined) throw new Error(`run \`${runId}\` is not there`);
    const events = await sql<{ type: string }[]>`select type from event where stream = ${runId} order by seq`;
    const { version, epoch, status, seq, hash } = run;
    return { version, epoch, status, head: { seq, hash }, events: events.map(({ type }) => type) };
  });

export interface DueRow {
  readonly worker_id: string | null;
  readonly epoch: number;
  readonly claims: number;
  readonly signals: number;
  readonly is_due: boolean;
  readonly is_set: boolean;
}

/** When a run is due, and who holds it. */
export const dueOf = async (database: Database, runId: string): Promise<DueRow | undefined> => {
  const rows = await database.worker<DueRow[]>`
    select worker_id, epoch, claims, signals, coalesce(due_at <= clock(), false) as is_due, due_at is not null as is_set
      from due where kind = 'run' and id = ${runId}`;
  return rows[0];
};

/** Ends a run's lease, as when its worker has stopped beating. */
export const expireLease = (database: Database, runId: string) => database.worker`
  update due set due_at = clock() - interval '1 second' where kind = 'run' and id = ${runId}`;
