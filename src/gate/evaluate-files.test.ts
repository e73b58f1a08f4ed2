import { expect, test } from "vitest";
import { accepted, assert, instant, type Result, rejected, sha256Hex } from "../contracts/index.ts";
import type { Derivation } from "./derivation.ts";
import { DERIVATIONS } from "./derivations.ts";
import { evaluateFiles } from "./evaluate-files.ts";
import { type Policy, parsePolicy } from "./policy.ts";

const DECIDED_AT = instant(Date.UTC(2026, 2, 9, 2));

function policyOf(derive = "{ fn: units, version: 1 }"): Policy {
  const read = parsePolicy(`
id: shop
version: 1.0.0
engine: 1
derive: ${derive}
rows: { run: { good: boolean } }
sources: [runs]
validity_seconds: 3600
metrics:
  - { id: correct, kind: ratio, from: run, good: $.good == true }
  - { id: runs, kind: count, from: run, include: all }
gates:
  - { id: rate, metric: correct, limit: 1, needs: [runs], remedy: mend it }
  - { id: all, metric: runs, floor: 2, remedy: run more }`);
  assert(read.ok, "the policy is one");
  return read.value;
}

const line = (id: string, rest: object = {}) => JSON.stringify({ kind: "run", id, columns: { good: true }, ...rest });
const decided = (...lines: readonly string[]) =>
  evaluateFiles(
    {
      policy: policyOf(),
      profile: null,
      files: [{ name: "runs.ndjson", text: lines.join("\n") }],
      decidedAt: DECIDED_AT,
      waivers: null,
    },
    DERIVATIONS,
  );
const decisionOf = <T>(result: Result<T>): T => {
  assert(result.ok, "it is decided");
  return result.value;
};

test("units are read from lines, and lines in another order decide in the same bytes", () => {
  const [one, two] = [line("1"), line("2", { at: "2026-03-08T00:00:00Z", channel: "ci", rows: ["b", "a"] })];
  const decision = decisionOf(decided(one, "", two)).decision;

  expect(decision).toMatchObject({
    verdict: "GO",
    evidence: { sources: { runs: { state: "complete" } }, units: { run: 2 } },
  });
  expect(decisionOf(decided(two, one)).decision.digest).toBe(decision.digest);
});

test.each([
  ["no JSON", "{"],
  ["no object", "[]"],
  ["without a kind", JSON.stringify({ id: "3", columns: {} })],
  ["without columns", JSON.stringify({ kind: "run", id: "3" })],
  ["with a column that is a list", line("3", { columns: { good: [] } })],
  ["of a time that is none", line("3", { at: "yesterday" })],
  ["of rows that are no names", line("3", { rows: [1] })],
  ["of a channel that is none", line("3", { channel: "prod" })],
])("a line that is %s leaves its source unreadable: NO-GO, for want of evidence", (_, broken) => {
  const named = broken.length > 40 ? `${broken.slice(0, 40)}...` : broken;

  expect(decisionOf(decided(line("1"), line("2"), broken)).decision).toMatchObject({
    verdict: "NO-GO",
    cause: "missing",
    evidence: { sources: { runs: { state: "unreadable", detail: `the line \`${named}\` cannot be read` } } },
  });
});

test("a unit that comes twice is one; two that share an id and nothing else make their source unreadable", () => {
  const disputed = decided(line("1"), line("1"), line("2"), line("2", { columns: { good: false } }));

  expect(decisionOf(decided(line("1"), line("1"), line("2"))).decision).toMatchObject({
    verdict: "GO",
    evidence: { units: { run: 2 } },
  });
  expect(decisionOf(disputed).decision).toMatchObject({
    verdict: "NO-GO",
    evidence: { sources: { runs: { state: "unreadable", detail: "`2` stands there with different contents" } } },
  });
});

test("a file may say how many units it has: none then is none, and a wrong number makes it unreadable", () => {
  const says = (units: number) => JSON.stringify({ kind: "run", units });
  const none = decisionOf(decided(says(0))).decision;

  expect(none).toMatchObject({ evidence: { sources: { runs: { state: "complete" } }, units: { run: 0 } } });
  expect(none.gates).toMatchObject([{ status: "UNKNOWN" }, { status: "INSUFFICIENT" }]);
  expect(decisionOf(decided(says(2), line("1"), line("2"))).decision.verdict).toBe("GO");
  expect(decisionOf(decided(says(3), line("1"), line("2"))).decision.evidence.sources).toMatchObject({
    runs: { state: "unreadable", detail: "it does not have the 3 units of `run` that it says" },
  });
});

test("of two files under one name, the one that cannot be read counts", () => {
  const files = ["{", line("1")].map((text) => ({ name: "runs.ndjson", text }));
  const evaluation = evaluateFiles(
    { policy: policyOf(), profile: null, files, decidedAt: DECIDED_AT, waivers: null },
    DERIVATIONS,
  );

  expect(decisionOf(evaluation).decision.evidence.sources).toMatchObject({ runs: { state: "unreadable" } });
});

test("GATE_EVIDENCE_MISSING: no file of rows is refused, GATE_DERIVATION_UNKNOWN: and so is a function that is not there", () => {
  const input = { profile: null, files: [], decidedAt: DECIDED_AT, waivers: null };

  expect(evaluateFiles({ ...input, policy: policyOf() }, DERIVATIONS)).toMatchObject({
    refusal: { code: "GATE_EVIDENCE_MISSING" },
  });
  expect(evaluateFiles({ ...input, policy: policyOf("{ fn: units, version: 2 }") }, DERIVATIONS)).toMatchObject({
    refusal: { code: "GATE_DERIVATION_UNKNOWN", details: { known: expect.arrayContaining(["units 1"]) } },
  });
});

/** Says of itself, as a unit, what the host found; its digest depends on the order of rows if it is told so. */
const reproducing = (isOrdered: boolean): Derivation => ({
  fn: "reproducing",
  version: 1,
  isReproduced: true,
  derive: ({ files, isReproduced }) =>
    accepted({
      digest: sha256Hex(isOrdered ? (files[0]?.text ?? "") : "the same"),
      sources: { runs: { state: "complete", detail: "" } },
      facts: {},
      units: {
        run: [
          {
            id: "evaluation",
            at: null,
            channel: null,
            rows: [],
            isValid: true,
            columns: { good: isReproduced === true },
          },
        ],
      },
    }),
});

/** Refuses its rows in the other order. */
const refusingReversed: Derivation = {
  ...reproducing(false),
  derive: (input) =>
    input.files[0]?.text.startsWith("2") === true
      ? rejected({ code: "GATE_EVIDENCE_MISSING", message: "it begins with the last row" })
      : reproducing(false).derive(input),
};

test("a derivation that rests on reproduction hears whether a second evaluation came to the same", () => {
  const input = {
    policy: policyOf("{ fn: reproducing, version: 1 }"),
    profile: null,
    files: [{ name: "rows.ndjson", text: "1\n2" }],
    decidedAt: DECIDED_AT,
    waivers: null,
  };

  expect(decisionOf(evaluateFiles(input, [reproducing(false)])).decision.gates[0]).toMatchObject({ status: "PASS" });
  expect(decisionOf(evaluateFiles(input, [reproducing(true)])).decision.gates[0]).toMatchObject({ status: "FAIL" });
  expect(decisionOf(evaluateFiles(input, [refusingReversed])).decision.gates[0]).toMatchObject({ status: "FAIL" });
});

test("W42: an evaluator that throws decides nothing: there is no decision that anybody could take for a GO", () => {
  const broken: Derivation = {
    fn: "units",
    version: 1,
    isReproduced: false,
    derive: () => {
      throw new RangeError("out of range");
    },
  };
  const input = { policy: policyOf(), profile: null, files: [], decidedAt: DECIDED_AT, waivers: null };

  expect(() => evaluateFiles(input, [broken])).toThrow("out of range");
});
