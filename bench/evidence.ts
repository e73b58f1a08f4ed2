import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { DuckDBInstance } from "@duckdb/node-api";
import { assert, instant, systemHost } from "../src/contracts/index.ts";
import {
  evaluateParquet,
  evaluateTable,
  ledgerHead,
  ledgerTable,
  type Policy,
  parsePolicy,
} from "../src/gate/index.ts";
import { type Database, inTenant, inTenantSnapshot, migrateUp, openDatabase } from "../src/store/index.ts";
import { freshDatabase } from "./bench-database.ts";
import { median } from "./pairs.ts";

/** What it takes to decide on so many units where they are, beside counting by hand what decides. */
export interface EvidenceFigure {
  readonly source: "postgresql" | "parquet";
  readonly rows: number;
  /** Medians of the rounds, in milliseconds. */
  readonly decide_ms: number;
  readonly by_hand_ms: number;
  readonly ratio: number;
  /** The most that this process held while it decided, DuckDB with it. */
  readonly rss_mb: number;
}

export interface EvidenceAsked {
  readonly url: string;
  readonly database: string;
  readonly rows: number;
  /** Days that the units are spread over; the policy looks at the last seven. */
  readonly days: number;
  readonly pairs: number;
  readonly sources: readonly EvidenceFigure["source"][];
}

const TENANT = "bench";
const DECIDED_AT = instant(Date.UTC(2026, 2, 9));
const DAY_MS = 86_400_000;

const POLICY = `
id: bench
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { workflow: string, outcome: string, code: "string?", ms: integer, cost_micros: integer } }
validity_seconds: 3600
window: { kind: rolling, length_seconds: 604800, settle_seconds: 0 }
metrics:
  - { id: sample, kind: count, from: run, channels: [prod_traffic] }
  - { id: correct, kind: ratio, from: run, where: $.outcome != 'CANCELLED', good: $.outcome != 'UNEXPECTED_FAILURE', channels: [prod_traffic] }
  - { id: completed, kind: ratio, from: run, where: $.outcome != 'CANCELLED', good: $.outcome == 'SUCCESS', channels: [prod_traffic] }
  - { id: quick, kind: ratio, from: run, where: $.workflow == 'P1-WF01', good: $.ms <= 390 }
  - { id: lost, kind: count, from: run, where: $.code == 'LOST' }
gates:
  - { id: sample, metric: sample, floor: 1000, remedy: look }
  - { id: correctness, metric: correct, limit: 0.95, bound: { method: wilson, confidence: 0.95, side: two }, remedy: look }
  - { id: completion, metric: completed, limit: 0.9, remedy: look }
  - { id: quickness, metric: quick, limit: 0.9, remedy: look }
  - { id: none-lost, metric: lost, op: "<=", limit: 0, remedy: look }`;

export async function measureEvidence(asked: EvidenceAsked): Promise<readonly EvidenceFigure[]> {
  const parsed = parsePolicy(POLICY);
  assert(parsed.ok, "the bench's policy is one");
  const figures: EvidenceFigure[] = [];
  for (const source of asked.sources) figures.push(await MEASURES[source](asked, parsed.value));
  return figures;
}

const MEASURES = { postgresql: inPostgresql, parquet: inParquet };

async function inPostgresql(asked: EvidenceAsked, policy: Policy): Promise<EvidenceFigure> {
  const database = openDatabase({ url: await freshDatabase(asked.url, asked.database) });
  await migrateUp(database.owner, systemHost().clock);
  await fill(database, asked);
  const range = { since: instant(DECIDED_AT - 7 * DAY_MS), until: DECIDED_AT, packDigest: null };
  const figure = await compared("postgresql", asked, {
    decide: async () => {
      const input = { policy, profile: null, decidedAt: DECIDED_AT, waivers: null };
      const decided = await inTenantSnapshot(database, TENANT, (sql) =>
        evaluateTable(input, ledgerTable(sql, range), (counted) => ledgerHead(range, counted)),
      );
      assert(decided.ok && decided.value.decision.verdict === "GO", "the bench's policy passes");
    },
    byHand: () => countByHand(database, range),
  });
  await database.close();
  return figure;
}

async function fill({ owner, ...database }: Database, { rows, days }: EvidenceAsked): Promise<void> {
  await inTenant(database, TENANT, async (sql) => {
    await sql`insert into tenant (tenant_id, name, created_at, updated_at) values (${TENANT}, ${TENANT}, clock(), clock())`;
    await sql`
      insert into evidence_unit (at, mark, tenant_id, kind, outcome, channel, ms, cost_micros, workflow, pack, pack_digest, id)
        select ${DECIDED_AT}::timestamptz - ${days * DAY_MS}::float8 * (1 - i::float8 / ${rows}) * interval '1 millisecond', i, ${TENANT}, 'run',
               case when i % 100 = 7 then 'UNEXPECTED_FAILURE' when i % 50 = 3 then 'CANCELLED' else 'SUCCESS' end,
               case when i % 10 = 0 then 'ci' else 'prod_traffic' end, i % 400, i % 1000, 'P1-WF0' || (1 + i % 5), 'commerce',
               'b2a6f7c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9012345',
               '0198c3f0-5a3e-7cc1-b0f0-' || lpad(i::text, 12, '0')
          from generate_series(0::bigint, ${rows - 1}::bigint) as i`;
  });
  await owner`vacuum (analyze) countermark.evidence_unit`;
}

/** What decides, counted as a person would write it. */
const countByHand = (database: Database, { since, until }: { readonly since: number; readonly until: number }) =>
  inTenantSnapshot(
    database,
    TENANT,
    (sql) => sql`
      select count(*), count(*) filter (where channel = 'prod_traffic'),
             count(*) filter (where channel = 'prod_traffic' and outcome <> 'CANCELLED'),
             count(*) filter (where channel = 'prod_traffic' and outcome <> 'CANCELLED' and outcome <> 'UNEXPECTED_FAILURE'),
             count(*) filter (where channel = 'prod_traffic' and outcome = 'SUCCESS'),
             count(*) filter (where workflow = 'P1-WF01'), count(*) filter (where workflow = 'P1-WF01' and ms <= 390),
             count(*) filter (where code = 'LOST')
        from evidence_unit
       where tenant_id = require_tenant_context() and kind = 'run' and at >= ${instant(since)} and at < ${instant(until)}`,
  );

async function inParquet(asked: EvidenceAsked, policy: Policy): Promise<EvidenceFigure> {
  const folder = await mkdtemp(join(tmpdir(), "countermark-bench-"));
  const path = join(folder, "runs.parquet");
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  await connection.run(parquetRows(path, asked));
  const figure = await compared("parquet", asked, {
    decide: async () => {
      const input = { policy, profile: null, decidedAt: DECIDED_AT, waivers: null };
      const decided = await evaluateParquet(input, [path]);
      assert(decided.ok && decided.value.decision.verdict === "GO", "the bench's policy passes");
    },
    byHand: async () => void (await connection.runAndReadAll(handWritten(path))),
  });
  connection.closeSync();
  instance.closeSync();
  await rm(folder, { recursive: true, force: true });
  return figure;
}

const parquetRows = (path: string, { rows, days }: EvidenceAsked): string => `
  copy (select 'run' as kind, '0198c3f0-5a3e-7cc1-b0f0-' || lpad(i::varchar, 12, '0') as id,
               make_timestamp(${DECIDED_AT}000 - (${days * DAY_MS}000::double * (1 - i / ${rows}))::bigint) as "at",
               case when i % 10 = 0 then 'ci' else 'prod_traffic' end as channel,
               case when i % 100 = 7 then 'UNEXPECTED_FAILURE' when i % 50 = 3 then 'CANCELLED' else 'SUCCESS' end as outcome,
               null::varchar as code, i % 400 as ms, i % 1000 as cost_micros, 'P1-WF0' || (1 + i % 5) as workflow
          from range(${rows}) as t(i)) to '${path}' (format parquet)`;

const handWritten = (path: string): string => `
  select count(*), count(*) filter (where channel = 'prod_traffic'),
         count(*) filter (where channel = 'prod_traffic' and outcome <> 'CANCELLED'),
         count(*) filter (where channel = 'prod_traffic' and outcome <> 'CANCELLED' and outcome <> 'UNEXPECTED_FAILURE'),
         count(*) filter (where channel = 'prod_traffic' and outcome = 'SUCCESS'),
         count(*) filter (where workflow = 'P1-WF01'), count(*) filter (where workflow = 'P1-WF01' and ms <= 390),
         count(*) filter (where code = 'LOST')
    from read_parquet('${path}')
   where kind = 'run' and "at" >= make_timestamp(${DECIDED_AT - 7 * DAY_MS}000) and "at" < make_timestamp(${DECIDED_AT}000)`;

interface Pair {
  decide(): Promise<unknown>;
  byHand(): Promise<unknown>;
}

/** One more round than asked goes before, which warms both. */
async function compared(
  source: EvidenceFigure["source"],
  { rows, pairs }: EvidenceAsked,
  pair: Pair,
): Promise<EvidenceFigure> {
  const [decide, byHand]: [number[], number[]] = [[], []];
  let rss = 0;
  const watch = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), WATCH_MS);
  for (let round = 0; round <= pairs; round++) {
    const [spent, least] = [await timed(pair.decide), await timed(pair.byHand)];
    if (round > 0) {
      decide.push(spent);
      byHand.push(least);
    }
  }
  clearInterval(watch);
  const [decideMs, byHandMs] = [median(decide), median(byHand)];
  return {
    source,
    rows,
    decide_ms: Math.round(decideMs),
    by_hand_ms: Math.round(byHandMs),
    ratio: Number((decideMs / byHandMs).toFixed(2)),
    rss_mb: Math.round(rss / 1_048_576),
  };
}

const WATCH_MS = 20;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
