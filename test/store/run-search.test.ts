import { beforeAll, expect, test } from "vitest";
import { listRuns } from "../../src/run/index.ts";
import { runsFound } from "../../src/run/queries.ts";
import { inTenant, type TenantQuery } from "../../src/store/index.ts";
import { addTenant, useDatabase } from "./runs.ts";

const database = useDatabase();

const RUNS = 20_000;
let tenant: string;

const ANY = { status: null, workflow: null, before: null, limit: 50 } as const;

beforeAll(async () => {
  tenant = await addTenant(database());
  await inTenant(
    database(),
    tenant,
    (sql) => sql`
      insert into run (tenant_id, run_id, stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id, channel,
             start_key, status, outcome, code, head_seq, head_hash, started_at, updated_at, ended_at)
      select ${tenant}, md5('run' || n), '2026-01-01', 'Refund' || n % 5, 'shop', 'd', md5('correlation' || n), 'person-' || n % 500,
             'ci', md5('start' || n), 'CANCELLED', 'CANCELLED', case when n % 1000 = 0 then 'BOUND_STEPS' end, 1, 'h', clock(), clock(),
             clock()
        from generate_series(1, ${RUNS}::int) n`,
  );
  await database().owner`analyze run`;
});

const inShop = <T>(work: (sql: TenantQuery) => Promise<T>): Promise<T> => inTenant(database(), tenant, work);

const found = async (search: string) => (await inShop((sql) => listRuns(sql, { ...ANY, search }))).length;

test("a search finds runs by the beginning of their id, correlation, principal, workflow or code, whatever the case of the last two", async () => {
  const [one] = await inShop((sql) => listRuns(sql, { ...ANY, limit: 1 }));

  expect(await found(one?.run_id ?? "")).toBe(1);
  expect(await found(one?.correlation_id.slice(0, 12) ?? "")).toBe(1);
  expect(await found("person-499")).toBe(RUNS / 500);
  expect(await found("bound_")).toBe(RUNS / 1000);
  expect(await found("refund3")).toBe(ANY.limit);
  expect(await found("nothing like it")).toBe(0);
  expect(await found("")).toBe(ANY.limit);
});

test("a search among many runs goes by indexes and looks at no run that is not like it", async () => {
  const [plan] = await inShop(
    (sql) => sql<{ "QUERY PLAN": readonly object[] }[]>`
      explain (analyze, format json) ${runsFound(sql, { ...ANY, search: "person-499" }, [])}`,
  );
  const text = JSON.stringify(plan);
  const passedOver = [...text.matchAll(/"Rows Removed by (?:Filter|Index Recheck)":(\d+)/g)].map(([, rows]) =>
    Number(rows),
  );

  expect(text).toContain("run_principal_begins");
  expect(text).not.toContain("Seq Scan");
  expect(passedOver.reduce((sum, rows) => sum + rows, 0)).toBeLessThan(RUNS / 100);
});
