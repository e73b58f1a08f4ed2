import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { after, CODES, type Digest, instant } from "../../contracts/index.ts";
import { MEASURED_FILE, measuredJson } from "../counted/measured.ts";
import { randomPolicy } from "../counted/testing/random-policy.ts";
import { DERIVATIONS } from "../derivations.ts";
import { evaluate } from "../evaluate.ts";
import { evaluateFiles } from "../evaluate-files.ts";
import { type Policy, parsePolicy } from "../policy.ts";
import { openDuck } from "./duckdb.ts";
import { evaluateParquet } from "./evaluate-parquet.ts";
import { type KindedUnit, writeQuery, writeUnits } from "./testing/write-parquet.ts";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "countermark-parquet-"));
  mkdirSync(join(folder, "random"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DECIDED_AT = instant(Date.UTC(2026, 2, 9));

const KINDS = {
  run: {
    columns: { name: "string", maybe: "string?", flag: "boolean?", whole: "integer?", real: "number?" },
    literals: { name: ["a", "ab", "é", ""], maybe: ["a"], flag: [true, false], whole: [0, 3, 2.5], real: [0, 0.5, -1] },
  },
  receipt: { columns: { name: "string", real: "integer" }, literals: { name: ["a", "b"], real: [0, 2] } },
};

const COLUMNS = { name: "varchar", maybe: "varchar", flag: "boolean", whole: "bigint", real: "double" };

const unit: fc.Arbitrary<Omit<KindedUnit, "id">> = fc.record({
  kind: fc.constantFrom("run", "run", "receipt"),
  at: fc.option(
    fc.integer({ min: -100_000, max: 2_000 }).map((seconds) => after(DECIDED_AT, seconds * 1000 + 7)),
    { freq: 9 },
  ),
  channel: fc.constantFrom(null, "prod_traffic" as const, "controlled_fixture" as const, "ci" as const),
  isValid: fc.boolean(),
  rows: fc.subarray(["r1", "r2", "r3"], { minLength: 1 }),
  columns: fc.record({
    name: fc.constantFrom("a", "ab", "b", "é", null),
    maybe: fc.constantFrom("a", "b", null),
    flag: fc.constantFrom(true, false, null),
    whole: fc.constantFrom(0, -2, 3, 9, null),
    real: fc.constantFrom(0, -0, 0.5, 2, -1, Number.NaN, Number.POSITIVE_INFINITY, null),
  }),
});

const units = fc
  .array(unit, { maxLength: 50 })
  .map((some) => some.map((one, index): KindedUnit => ({ ...one, id: `u${index}` })));

/** The plain way, on rows in memory. */
function plainly(policy: Policy, some: readonly KindedUnit[], digest: Digest) {
  const kinds = [...new Set(some.map(({ kind }) => kind))].toSorted();
  const evidence = {
    digest,
    sources: { units: { state: "complete" as const, detail: "" } },
    facts: {},
    units: Object.fromEntries(kinds.map((kind) => [kind, some.filter((one) => one.kind === kind)])),
  };
  return evaluate({ policy, profile: null, evidence, decidedAt: DECIDED_AT, waivers: null });
}

const asked = (policy: Policy) => ({ policy, profile: null, decidedAt: DECIDED_AT, waivers: null });

test("counting in DuckDB comes to the same bytes as rows in memory do, whatever the policy, the evidence and its order", async () => {
  const policies = fc.array(randomPolicy(KINDS), { minLength: 8, maxLength: 8 });
  const path = join(folder, "random/units.parquet");

  await fc.assert(
    fc.asyncProperty(units, policies, async (some, all) => {
      await writeUnits(path, some.toReversed(), COLUMNS);

      for (const policy of all) {
        const counted = await evaluateParquet(asked(policy), [path]);

        if (!counted.ok) return expect.fail(counted.refusal.message);
        const { decision, measured } = counted.value;
        const plain = plainly(policy, some, decision.evidence.digest);
        expect(plain).toMatchObject({ ok: true, value: { decision } });
        if (measured === null) return expect.fail("it was counted");
        const files = [{ name: MEASURED_FILE, text: measuredJson(measured) }];
        expect(evaluateFiles({ ...asked(policy), files }, DERIVATIONS)).toMatchObject({
          ok: true,
          value: { decision },
        });
      }
    }),
    { numRuns: 5, endOnFailure: true },
  );
}, 60_000);

const POLICY = `
id: files
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { outcome: string, ms: integer } }
sources: [units]
validity_seconds: 3600
metrics:
  - { id: good, kind: ratio, from: run, good: $.outcome == 'SUCCESS' }
  - { id: slow, kind: count, from: run, where: $.ms > 100 }
gates:
  - { id: good, metric: good, limit: 0.5, remedy: look }
  - { id: slow, metric: slow, op: "<=", limit: 0, remedy: look }`;

function policyOf(text: string): Policy {
  const policy = parsePolicy(text);
  return policy.ok ? policy.value : expect.fail("the policy is none");
}

const GOOD = "select 'run' as kind, 'r' || i as id, 'SUCCESS' as outcome, i as ms from range(3) as t(i)";

async function decidedOn(query: string, policy = POLICY) {
  const path = join(folder, "units.parquet");
  await writeQuery(path, query);
  const evaluated = await evaluateParquet(asked(policyOf(policy)), [path]);
  return evaluated.ok ? evaluated.value : expect.fail(evaluated.refusal.message);
}

describe("Parquet that says what it says is decided on", () => {
  test("good units go on", async () => {
    expect((await decidedOn(GOOD)).decision).toMatchObject({ verdict: "GO", evidence: { units: { run: 3 } } });
  });

  test("what counting does not answer is decided on rows, and comes to the same", async () => {
    const apart = POLICY.replace("limit: 0.5", "limit: 0.5, each: outcome");

    const { decision, measured } = await decidedOn(GOOD, apart);

    expect(measured).toBeNull();
    expect(decision).toMatchObject({ verdict: "GO", gates: [{ id: "good:SUCCESS", value: "3/3" }, { id: "slow" }] });
  });
});

describe("a file that is long enough is looked through in parts", () => {
  const many = async (id: string, more = "") => {
    const units = `select 'run' as kind, ${id} as id, 'SUCCESS' as outcome, 1 as ms${more} from range(200000) as t(i)`;
    return (await decidedOn(units)).decision;
  };

  test.each(["", ", i as File_Row_Number"])("in which each id stands once%s", async (more) => {
    expect((await many("lpad(i::varchar, 7, '0')", more)).verdict).toBe("GO");
  });

  test.each(["lpad((i % 100000)::varchar, 7, '0')", "lpad((i - (i // 100000))::varchar, 7, '0')"])(
    "and no id of one part stands in another: %s",
    async (twice) => {
      const { verdict, evidence } = await many(twice);

      expect(evidence.sources.units?.detail).toMatch(/stands there more than once/);
      expect(verdict).toBe("NO-GO");
    },
  );
});

describe("nothing in Parquet that is wrong lets anything pass", () => {
  test.each([
    [
      "a column of a type that says nothing",
      GOOD.replace("i as ms", "date '2026-01-01' as ms"),
      /`ms` is of the type DATE/,
    ],
    ["no column of ids", GOOD.replace("as id", "as name"), /no column `id`/],
    ["a unit without an id", GOOD.replace("'r' || i", "nullif('r' || i, 'r1')"), /1 units without `kind` or `id`/],
    ["an id that stands there twice", GOOD.replace("'r' || i", "'r' || i % 2"), /`r0` stands there more than once/],
    [
      "a channel that is none",
      GOOD.replace("i as ms", "i as ms, 'beta' as channel"),
      /3 units with a `channel` that is none/,
    ],
    [
      "validity that is not said",
      GOOD.replace("i as ms", "i as ms, null::boolean as valid"),
      /3 units whose `valid` is null/,
    ],
    [
      "an instant that is text",
      GOOD.replace("i as ms", "i as ms, '2026-01-01' as \"at\""),
      /`at` is of the type VARCHAR/,
    ],
  ])("%s leaves everything unknown", async (_what, query, detail) => {
    const { decision } = await decidedOn(query);

    expect(decision).toMatchObject({ verdict: "NO-GO", cause: "missing" });
    expect(decision.gates.map(({ status }) => status)).toEqual(["UNKNOWN", "UNKNOWN"]);
    expect(decision.evidence.sources.units).toEqual({ state: "unreadable", detail: expect.stringMatching(detail) });
  });

  test("a file that is no Parquet, or is cut off, leaves everything unknown", async () => {
    const path = join(folder, "units.parquet");
    writeFileSync(path, "PAR1 and no more");

    const evaluated = await evaluateParquet(asked(policyOf(POLICY)), [path]);

    expect(evaluated).toMatchObject({
      ok: true,
      value: {
        decision: {
          verdict: "NO-GO",
          cause: "missing",
          evidence: { sources: { units: { state: "unreadable", detail: "it cannot be read as Parquet" } }, units: {} },
        },
      },
    });
  });

  test("a column that is not there, of another type, or null where it may not be, leaves its units unknown", async () => {
    for (const ms of ["'5'", "0.5", "nullif(i, 1)", "9007199254740993"]) {
      const { decision } = await decidedOn(GOOD.replace("i as ms", `${ms === "0.5" ? "0.5::double" : ms} as ms`));
      expect(decision.gates.map(({ status }) => status)).toEqual(["UNKNOWN", "UNKNOWN"]);
    }
    expect((await decidedOn(GOOD.replace(", i as ms", ""))).decision.gates[0]).toMatchObject({
      status: "UNKNOWN",
      reasons: ["`r0` cannot be read at `ms`", "`r1` cannot be read at `ms`", "`r2` cannot be read at `ms`"],
    });
  });

  test("a policy that derives its units otherwise is refused", async () => {
    const policy = policyOf(POLICY.replace("fn: units", "fn: slo"));

    expect(await evaluateParquet(asked(policy), [])).toMatchObject({
      ok: false,
      refusal: { code: "GATE_EVIDENCE_MISSING" },
    });
  });
});

test("Parquet without DuckDB beside us is refused with what to install", async () => {
  const opened = await openDuck(() => Promise.resolve(undefined));

  expect(opened).toMatchObject({ ok: false, refusal: { code: "GATE_PARQUET_READER_MISSING" } });
  expect(CODES.GATE_PARQUET_READER_MISSING.remedy).toContain("npm install @duckdb/node-api@1.5.6-r.1");
});

test("what DuckDB itself cannot do is refused, and never an answer", async () => {
  const opened = await openDuck();
  if (!opened.ok) return expect.fail("DuckDB is there");

  const refused = await opened.value.ask({ text: "select nonsense", values: [] });
  opened.value.close();

  expect(refused).toMatchObject({ ok: false, refusal: { code: "GATE_PARQUET_UNREADABLE" } });
});
