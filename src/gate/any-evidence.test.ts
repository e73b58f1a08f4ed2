import fc from "fast-check";
import { expect, test } from "vitest";
import { assert, isJsonObject, type Json } from "../contracts/index.ts";
import { DERIVATIONS } from "./derivations.ts";
import { evaluateFiles } from "./evaluate-files.ts";
import { type Policy, parsePolicy } from "./policy.ts";
import { EVALUATED_AT, POLICY_TEXT, policyOf, releaseFiles } from "./readiness/testing/release.ts";

const UNITS = `
id: shop
version: 1.0.0
engine: 1
derive: { fn: units, version: 1 }
rows: { run: { good: boolean, ms: "number?", case: string } }
validity_seconds: 3600
window: { kind: rolling, length_seconds: 86400, settle_seconds: 0 }
metrics:
  - { id: correct, kind: ratio, from: run, distinct: case, good: $.good == true AND $.ms < 100 }
  - { id: slowest, kind: quantile, from: run, column: ms, q: 0.95 }
  - { id: last, kind: value, from: run, column: ms, fold: last }
  - { id: bad, kind: count, from: run, where: $.good == false, include: all }
gates:
  - { id: rate, metric: correct, limit: 0.9, bound: { method: wilson, confidence: 0.95, side: one }, triggers: [bad], remedy: look }
  - { id: slow, metric: slowest, op: "<=", limit: { metric: last, times: 2 }, remedy: look }
`;
const CELL = fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.constantFrom(true, 0, 1, "x", 1e308, -1e-300, 2 ** 53));
const LINE = fc.oneof(
  fc.record({
    kind: fc.constantFrom("run", "other"),
    id: fc.constantFrom("a", "b", "c"),
    at: fc.constantFrom("2026-07-20T09:00:00Z", "2099-01-01T00:00:00Z", null),
    columns: fc.record({ good: CELL, ms: CELL, case: CELL }, { requiredKeys: [] }),
  }),
  fc.record({ kind: fc.constant("run"), units: CELL }),
  fc.jsonValue({ maxDepth: 2 }),
);

function parsed(text: string): Policy {
  const read = parsePolicy(text);
  assert(read.ok, "the policy is one");
  return read.value;
}

const decided = (policy: Policy, profile: string | null, files: Readonly<Record<string, string>>) =>
  evaluateFiles(
    {
      policy,
      profile,
      files: Object.entries(files).map(([name, text]) => ({ name, text })),
      decidedAt: EVALUATED_AT,
      waivers: null,
    },
    DERIVATIONS,
  );

test("no lines, whatever they hold, make the evaluator fail, and in another order they decide the same", () => {
  const policy = parsed(UNITS);
  fc.assert(
    fc.property(fc.array(LINE, { maxLength: 8 }), (lines) => {
      const texts = lines.map((line) => JSON.stringify(line));
      const [there, back] = [texts, texts.toReversed()].map((all) =>
        decided(policy, null, { "runs.ndjson": all.join("\n") }),
      );

      expect(there?.ok && there.value.decision.digest).toBe(back?.ok && back.value.decision.digest);
    }),
    { numRuns: 30 },
  );
});

/** A document with one value, wherever it stands, in place of another. */
function altered(value: Json, at: number, by: Json): Json {
  if (!isJsonObject(value)) return by;
  const names = Object.keys(value);
  const name = names[at % Math.max(names.length, 1)];
  if (name === undefined) return by;
  return { ...value, [name]: altered(value[name] ?? null, Math.floor(at / Math.max(names.length, 1)), by) };
}

test("a release with any value of any document in place of another is decided, and its decision names the evidence", () => {
  const policy = policyOf(POLICY_TEXT);
  const files = releaseFiles({});
  const names = Object.keys(files);
  const change = fc.record({ file: fc.nat(names.length - 1), at: fc.nat(10_000), by: fc.jsonValue({ maxDepth: 1 }) });
  fc.assert(
    fc.property(change, ({ file, at, by }) => {
      const name = names[file] ?? "";
      const value: Json = JSON.parse(files[name] ?? "null");
      const text = JSON.stringify(altered(value, at, JSON.parse(JSON.stringify(by))));

      const result = decided(policy, "strict", { ...files, [name]: text });

      const isEvident = result.ok && result.value.decision.gates.length > 0;
      expect(isEvident).toBe(true);
    }),
    { numRuns: 6 },
  );
});
