import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { evaluateCounting } from "../../src/api/count-ledger.ts";
import { recountLedger } from "../../src/api/recount.ts";
import { after, formatInstant, instant, sha256Hex } from "../../src/contracts/index.ts";
import { randomPolicy } from "../../src/gate/counted/testing/random-policy.ts";
import {
  DERIVATIONS,
  type EvidenceFile,
  type EvidenceSet,
  evaluate,
  evaluateFiles,
  evaluateTable,
  ledgerHead,
  ledgerTable,
  MEASURED_FILE,
  measuredJson,
  type Policy,
  parsePolicy,
  rebuildUnits,
  type Unit,
} from "../../src/gate/index.ts";
import { UnitMeasures } from "../../src/gate/measure.ts";
import { windowOf } from "../../src/gate/window.ts";
import { decideAgain } from "../../src/release/index.ts";
import { type Database, inTenant, inTenantSnapshot, type TenantQuery } from "../../src/store/index.ts";
import { addTenant, useDatabase } from "./runs.ts";

const opened = useDatabase();
let database: Database;

beforeAll(() => {
  database = opened();
});

const DECIDED_AT = instant(Date.UTC(2026, 2, 9));

/** A run as it ended, with one receipt. */
async function addRun(sql: TenantQuery, tenant: string, run: string): Promise<void> {
  await sql`
    insert into run (tenant_id, run_id, stream_day, workflow_id, pack_id, pack_digest, correlation_id, principal_id, channel, start_key, status, outcome, head_seq, head_hash, started_at, updated_at, ended_at)
    values (${tenant}, ${run}, '2026-01-01', 'W', 'p', 'd', ${run}, 'ann', 'ci', ${run}, 'RUNNING', null, 1, 'h', '2026-03-08T10:00:00.1239Z', clock(), null)`;
  await sql`update run set status = 'SUCCEEDED', outcome = 'SUCCESS', ended_at = '2026-03-08T10:00:01.0001Z' where run_id = ${run}`;
  await sql`
    insert into receipt (tenant_id, receipt_id, tool_name, tool_version, internal_key, generation, execution_id, step_id, correlation_id, epoch, result, result_sha256, created_at, confirm_by)
    values (${tenant}, ${`${run}-receipt`}, 't', '1.0.0', ${run}, 0, ${run}, 's', 'c', 1, '{}', 'h', '2026-03-08T10:00:00.7Z', clock())`;
  for (const status of ["claimed", "contradicted", "confirmed"])
    await sql`insert into receipt_event (tenant_id, receipt_id, status, at, source) values (${tenant}, ${`${run}-receipt`}, ${status}, clock(), 'worker')`;
}

const unitsOf = (sql: TenantQuery) => sql`
  select kind, id, at, outcome, channel, status, ms, run from evidence_unit where tenant_id = require_tenant_context() order by kind, id`;

test("what ends a run or tells of a receipt writes its unit, and making all units again from the ledger changes no byte", async () => {
  const tenant = await addTenant(database);
  await inTenant(database, tenant, async (sql) => {
    for (const run of ["a", "b"]) await addRun(sql, tenant, `${tenant}-${run}`);
  });

  const projected = await inTenant(database, tenant, unitsOf);
  const rebuilt = await inTenant(database, tenant, rebuildUnits);
  const again = await inTenant(database, tenant, unitsOf);

  expect(projected).toMatchObject([
    { kind: "receipt", status: "contradicted", run: `${tenant}-a`, at: Date.UTC(2026, 2, 8, 10, 0, 0, 700) },
    { kind: "receipt", status: "contradicted", run: `${tenant}-b` },
    { kind: "run", outcome: "SUCCESS", channel: "ci", ms: 877, at: Date.UTC(2026, 2, 8, 10, 0, 1) },
    { kind: "run", id: `${tenant}-b` },
  ]);
  expect(rebuilt).toEqual({ units: 4, differing: 0 });
  expect(again).toEqual(projected);
});

test("what was projected otherwise than the ledger says is told, and made again", async () => {
  const tenant = await addTenant(database);
  await inTenant(database, tenant, (sql) => addRun(sql, tenant, `${tenant}-a`));
  await inTenant(database, tenant, (sql) => sql`update evidence_unit set outcome = 'CANCELLED' where kind = 'run'`);

  const first = await inTenant(database, tenant, rebuildUnits);
  const second = await inTenant(database, tenant, rebuildUnits);

  expect(first).toEqual({ units: 2, differing: 2 });
  expect(second).toEqual({ units: 2, differing: 0 });
});

test("a run that is blocked after its end is no evidence until it ends again", async () => {
  const tenant = await addTenant(database);
  await inTenant(database, tenant, (sql) => addRun(sql, tenant, `${tenant}-a`));

  await inTenant(database, tenant, (sql) => sql`update run set status = 'BLOCKED', outcome = null, ended_at = null`);
  const blocked = await inTenant(database, tenant, unitsOf);
  await inTenant(
    database,
    tenant,
    (sql) => sql`update run set status = 'CANCELLED', outcome = 'CANCELLED', ended_at = '2026-03-08T11:00:00Z'`,
  );
  const again = await inTenant(database, tenant, unitsOf);

  expect(blocked.map(({ kind }) => kind)).toEqual(["receipt"]);
  expect(again).toMatchObject([{ kind: "receipt" }, { kind: "run", outcome: "CANCELLED", ms: 3_599_877 }]);
});

const KINDS = {
  run: {
    columns: {
      workflow: "string",
      outcome: "string",
      code: "string?",
      ms: "integer",
      cost_micros: "number?",
    },
    literals: {
      workflow: ["W1", "W", "é"],
      outcome: ["SUCCESS", "FAILURE", ""],
      code: ["A", "AB", "é"],
      ms: [0, 5, -3, 2.5],
      cost_micros: [0, 7, 1e3],
    },
  },
  receipt: {
    columns: { tool: "string", status: "string", run: "string?" },
    literals: { tool: ["t"], status: ["unknown", "confirmed"], run: ["r1"] },
  },
};

/** As a policy may declare them wrongly, too. */
const MISDECLARED = {
  ...KINDS,
  run: {
    ...KINDS.run,
    columns: { ...KINDS.run.columns, code: "string", ms: "number", pack: "integer?" },
    literals: { ...KINDS.run.literals, pack: [1] },
  },
};

const at = fc.integer({ min: -100_000, max: 2_000 }).map((seconds) => after(DECIDED_AT, seconds * 1000));
const channel = fc.constantFrom("prod_traffic" as const, "controlled_fixture" as const, "ci" as const);
const run = fc.record({
  at,
  channel,
  columns: fc.record({
    workflow: fc.constantFrom("W1", "W2", "é", "W"),
    pack: fc.constantFrom("p", "q"),
    pack_digest: fc.constantFrom("d", "e"),
    outcome: fc.constantFrom("SUCCESS", "FAILURE"),
    code: fc.constantFrom(null, "A", "AB", "é"),
    ms: fc.integer({ min: -5, max: 9 }),
    cost_micros: fc.constantFrom(0, 7, 1000, 2 ** 53 - 1),
  }),
});
const receipt = fc.record({
  at,
  channel: fc.constant(null),
  columns: fc.record({
    tool: fc.constantFrom("t", "u"),
    status: fc.constantFrom("claimed", "unknown", "confirmed"),
    run: fc.constantFrom("r1", "r2", "r3"),
  }),
});

const evidence = fc
  .tuple(fc.array(run, { maxLength: 60 }), fc.array(receipt, { maxLength: 20 }))
  .map(([runs, receipts]) => ({
    run: runs.map((one, index): Unit => unit(`run-${index}`, one, [`run-${index}`])),
    receipt: receipts.map((one, index): Unit => unit(`receipt-${index}`, one, [one.columns.run])),
  }));

const unit = (id: string, one: Pick<Unit, "at" | "channel" | "columns">, rows: readonly string[]): Unit => ({
  ...one,
  id,
  rows,
  isValid: true,
});

type Units = Readonly<Record<"run" | "receipt", readonly Unit[]>>;

async function store(sql: TenantQuery, tenant: string, units: Units): Promise<void> {
  const rows = Object.entries(units).flatMap(([kind, some]) =>
    some.map(({ id, at: when, channel: of, columns }) => ({
      tenant_id: tenant,
      kind,
      id,
      mark: String(markOf(kind, id)),
      at: formatInstant(when ?? DECIDED_AT),
      channel: of,
      ...columns,
    })),
  );
  await sql`insert into evidence_unit select * from jsonb_populate_recordset(null::evidence_unit, ${JSON.stringify(rows)}::text::jsonb)`;
}

/** As the database makes it. */
const markOf = (kind: string, id: string): bigint =>
  BigInt.asIntN(64, BigInt(`0x${sha256Hex(`${kind} ${id}`).slice(0, 16)}`));

const RANGE = { since: null, until: DECIDED_AT, packDigest: null };
const isWithin = ({ at: when }: Unit): boolean => when !== null && when < DECIDED_AT;

/** The plain way, on the rows that the range has. */
function plainly(policy: Policy, units: Units) {
  const seen = Object.fromEntries(Object.entries(units).map(([kind, some]) => [kind, some.filter(isWithin)]));
  const set: EvidenceSet = { digest: sha256Hex(""), sources: {}, facts: {}, units: seen };
  const measures = new UnitMeasures({
    policy,
    evidence: set,
    window: windowOf(policy.text.window, {}, DECIDED_AT),
    decidedAt: DECIDED_AT,
  });
  const marks = Object.fromEntries(
    Object.entries(seen).map(([kind, some]) => [
      kind,
      String(some.reduce((sum, { id }) => sum + markOf(kind, id), 0n)),
    ]),
  );
  const head = ledgerHead(RANGE, { units: measures.units, marks, measurements: [...measures.whole.values()] });
  return evaluate({ policy, profile: null, evidence: { ...set, ...head }, decidedAt: DECIDED_AT, waivers: null });
}

test("counting in PostgreSQL comes to the same bytes as rows in memory do, whatever the policy and the evidence", async () => {
  const policies = fc.array(fc.oneof(randomPolicy(KINDS), randomPolicy(MISDECLARED)), { minLength: 10, maxLength: 10 });

  await fc.assert(
    fc.asyncProperty(evidence, policies, async (units, some) => {
      const tenant = await addTenant(database);
      await inTenant(database, tenant, (sql) => store(sql, tenant, units));

      const counted = await inTenantSnapshot(database, tenant, async (sql) => {
        const decisions: string[] = [];
        for (const policy of some) {
          const asked = { policy, profile: null, decidedAt: DECIDED_AT, waivers: null };
          const decided = await evaluateTable(asked, ledgerTable(sql, RANGE), (found) => ledgerHead(RANGE, found));
          decisions.push(decided.ok ? JSON.stringify(decided.value.decision) : decided.refusal.message);
        }
        return decisions;
      });

      const plain = some.map((policy) => {
        const decided = plainly(policy, units);
        return decided.ok ? JSON.stringify(decided.value.decision) : decided.refusal.message;
      });
      expect(counted).toEqual(plain);
    }),
    { numRuns: 12, endOnFailure: true },
  );
});

test("counting in PostgreSQL comes to the same bytes in every time zone, style of dates and order of rows", async () => {
  const many = fc.sample(evidence, { seed: 7, numRuns: 20 }).reduce((a, b) => (b.run.length > a.run.length ? b : a));
  const policies = fc.sample(randomPolicy(KINDS), { seed: 7, numRuns: 6 });
  const counted = async (units: Units, zone: string, style: string) => {
    const tenant = await addTenant(database);
    await inTenant(database, tenant, (sql) => store(sql, tenant, units));
    const home = process.env.TZ;
    process.env.TZ = zone;
    try {
      return await inTenantSnapshot(database, tenant, async (sql) => {
        await sql`select set_config('timezone', ${zone}, true), set_config('datestyle', ${style}, true)`;
        const decisions: string[] = [];
        for (const policy of policies) {
          const asked = { policy, profile: null, decidedAt: DECIDED_AT, waivers: null };
          const decided = await evaluateTable(asked, ledgerTable(sql, RANGE), (found) => ledgerHead(RANGE, found));
          decisions.push(decided.ok ? JSON.stringify(decided.value.decision) : decided.refusal.message);
        }
        return decisions;
      });
    } finally {
      if (home === undefined) delete process.env.TZ;
      else process.env.TZ = home;
    }
  };

  const here = await counted(many, "UTC", "ISO, MDY");
  const there = await counted(
    { run: many.run.toReversed(), receipt: many.receipt.toReversed() },
    "Pacific/Apia",
    "German, DMY",
  );

  expect(there).toEqual(here);
  expect(here.join()).toContain('"verdict"');
});

test("more of a ledger than is read is counted, and the packet of what was counted is decided again without the ledger", async () => {
  const tenant = await addTenant(database);
  await inTenant(database, tenant, async (sql) => {
    for (const run of ["a", "b", "c"]) await addRun(sql, tenant, `${tenant}-${run}`);
  });
  const policy = parsePolicy(
    readFileSync("policies/production.yaml", "utf8").replaceAll("channels: [prod_traffic]", ""),
  );
  if (!policy.ok) return expect.fail("the policy is none");
  const asked = { tenantId: tenant, policy: policy.value, profile: null, packDigest: null, decidedAt: DECIDED_AT };

  const few = await evaluateCounting({ database }, { ...asked, rowsMax: 3 });
  const counted = await evaluateCounting({ database }, { ...asked, rowsMax: 2 });

  expect(few).toBeNull();
  if (counted === null || !counted.ok) return expect.fail("the ledger is counted");
  const { decision, measured } = counted.value;
  expect(decision).toMatchObject({ verdict: "NO-GO", evidence: { units: { run: 3, receipt: 3 } } });
  expect(decision.gates.find(({ id }) => id === "no-contradicted-effects")).toMatchObject({
    status: "FAIL",
    failing: { count: 3, rows: ["a", "b", "c"].map((run) => `${tenant}-${run}`) },
  });
  const files = [{ name: MEASURED_FILE, text: measuredJson(measured) }];
  const again = evaluateFiles(
    { policy: policy.value, profile: null, files, decidedAt: DECIDED_AT, waivers: null },
    DERIVATIONS,
  );
  expect(again).toMatchObject({ ok: true, value: { decision } });
  const without = { ...measured, measurements: measured.measurements.slice(1) };
  const altered = [{ name: MEASURED_FILE, text: measuredJson(without) }];
  expect(
    evaluateFiles(
      { policy: policy.value, profile: null, files: altered, decidedAt: DECIDED_AT, waivers: null },
      DERIVATIONS,
    ),
  ).toMatchObject({ ok: false, refusal: { code: "PACKET_CORRUPT" } });
});

test("a counted decision tells its own ledger from another, and what its units say otherwise since", async () => {
  const [tenant, stranger] = [await addTenant(database), await addTenant(database)];
  for (const one of [tenant, stranger])
    await inTenant(database, one, async (sql) => {
      for (const run of ["a", "b", "c"]) await addRun(sql, one, `${one}-${run}`);
    });
  const source = readFileSync("policies/canary.yaml", "utf8");
  const policy = parsePolicy(source);
  if (!policy.ok) return expect.fail("the policy is none");
  const asked = { tenantId: tenant, policy: policy.value, profile: null, packDigest: null, decidedAt: DECIDED_AT };
  const counted = await evaluateCounting({ database }, { ...asked, rowsMax: 0 });
  if (counted === null || !counted.ok) return expect.fail("the ledger is counted");
  const { decision, measured } = counted.value;
  const packetOf = (evidence: EvidenceFile) => ({
    ...{ policy: source, profile: null, decidedAt: DECIDED_AT, waivers: null },
    ...{ evidence: [evidence], decision },
  });
  const packet = packetOf({ name: MEASURED_FILE, text: measuredJson(measured) });

  const own = await recountLedger({ database }, tenant, packet);
  const other = await recountLedger({ database }, stranger, packet);
  await inTenant(database, tenant, (sql) => sql`update evidence_unit set status = 'unknown' where kind = 'receipt'`);
  const since = await recountLedger({ database }, tenant, packet);
  const rows = await recountLedger({ database }, tenant, packetOf({ name: "runs.ndjson", text: "" }));
  const altered = measuredJson({ ...measured, units: { ...measured.units, run: 4 } });

  expect(decision.evidence.ledger).toMatchObject({
    until: "2026-03-09T00:00:00.000Z",
    marks: { run: expect.stringMatching(/^-?[0-9]+$/) },
  });
  expect(own).toEqual({ ok: true, value: { units: { run: 3, receipt: 3 }, changed: [] } });
  expect(other).toMatchObject({ ok: false, refusal: { code: "GATE_LEDGER_ANOTHER" } });
  expect(since).toMatchObject({ ok: true, value: { changed: ["contradicted_effects", "unknown_effects"] } });
  expect(rows).toMatchObject({ ok: false, refusal: { code: "GATE_NOT_COUNTED" } });
  expect(decideAgain(packetOf({ name: MEASURED_FILE, text: altered }))).toMatchObject({
    ok: false,
    refusal: { code: "PACKET_CORRUPT", message: "`measured.json` is not what its digest says" },
  });
});

test("a policy that asks more than counting answers is refused with what it asks, and judged on rows where there are few", async () => {
  const tenant = await addTenant(database);
  await inTenant(database, tenant, (sql) => addRun(sql, tenant, `${tenant}-a`));
  const source = readFileSync("policies/production.yaml", "utf8").replace(
    "metric: completed",
    "metric: completed\n    each: workflow",
  );
  const policy = parsePolicy(source);
  if (!policy.ok) return expect.fail("the policy is none");
  const asked = { tenantId: tenant, policy: policy.value, profile: null, packDigest: null, decidedAt: DECIDED_AT };

  const few = await evaluateCounting({ database }, { ...asked, rowsMax: 10 });
  const counted = await evaluateCounting({ database }, { ...asked, rowsMax: 0 });

  expect(few).toBeNull();
  expect(counted).toMatchObject({
    ok: false,
    refusal: { code: "GATE_NOT_COUNTABLE", details: { unasked: ["gate `completion` with `each`"] } },
  });
});
