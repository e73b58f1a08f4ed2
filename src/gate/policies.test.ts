import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assert, instant } from "../contracts/index.ts";
import { DERIVATIONS } from "./derivations.ts";
import { evaluateFiles } from "./evaluate-files.ts";
import { lintPolicy } from "./lint.ts";
import { type Policy, parsePolicy } from "./policy.ts";

const POLICIES = readdirSync("policies").filter((name) => name.endsWith(".yaml"));

function policyOf(name: string): Policy {
  const read = parsePolicy(readFileSync(`policies/${name}`, "utf8"));
  assert(read.ok, read.ok ? "" : read.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  return read.value;
}

test.each(POLICIES)("%s is a policy whose every gate can be passed and derives by a function that is there", (name) => {
  const policy = policyOf(name);
  const { fn, version } = policy.text.derive;

  expect(lintPolicy(policy).filter(({ level }) => level === "error")).toEqual([]);
  expect(DERIVATIONS.some((one) => one.fn === fn && one.version === version)).toBe(true);
});

interface Attempt {
  readonly case: string;
  readonly tier?: string;
  readonly passed?: boolean;
  readonly flaky?: boolean;
  readonly quarantined?: boolean;
}

const threeOf = (name: string, rest: Partial<Attempt> = {}): readonly Attempt[] =>
  [1, 2, 3].map(() => ({ case: name, ...rest }));
const P1 = Array.from({ length: 81 }, (_, index) => ({ case: `p1-${index % 9}`, tier: "P1" }));
const P2 = Array.from({ length: 16 }, (_, index) => ({ case: `p2-${index % 4}`, tier: "P2" }));
const CLEAN = [...threeOf("order"), ...threeOf("refund"), ...P1, ...P2];

const SUITE = {
  pack: "p",
  config_hash: "d",
  git_sha: null,
  started_at: "2026-03-08T23:00:00Z",
  finished_at: "2026-03-08T23:10:00Z",
  declared: 4,
  played: 4,
};

function judged(attempts: readonly Attempt[], profile = "whole") {
  const lines = [
    ...attempts.map(({ tier = "P0", passed = true, flaky = false, quarantined = false, ...rest }, index) =>
      JSON.stringify({
        kind: "case",
        id: `${index}`,
        columns: { ...rest, tier, passed, flaky, suspect: flaky || quarantined, quarantined },
      }),
    ),
    JSON.stringify({ kind: "suite", id: "s", columns: SUITE }),
    JSON.stringify({ kind: "quarantine", units: 0 }),
    JSON.stringify({ kind: "agent", units: 0 }),
  ];
  const files = [{ name: "suite.ndjson", text: lines.join("\n") }];
  const input = {
    policy: policyOf("golden-suite.yaml"),
    profile,
    files,
    decidedAt: instant(Date.UTC(2026, 2, 9)),
    waivers: null,
  };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, "it is decided");
  return evaluated.value.decision;
}

test("INV-08 P1-T18 a clean golden suite lets the deploy go on", () => {
  expect(judged(CLEAN)).toMatchObject({ verdict: "GO", cause: null });
});

test.each([
  ["one failure in three runs of a P0 case", [...CLEAN, { case: "order", passed: false }], "golden-p0", 4],
  ["a P0 case that passed only when tried again", [...CLEAN, { case: "order", flaky: true }], "golden-p0", 4],
  ["a P0 case that is set aside", [...CLEAN, { case: "order", quarantined: true }], "golden-p0", 4],
  ["a P0 case that ran twice", [...CLEAN, { case: "cancel" }, { case: "cancel" }], "golden-p0-runs:cancel", 5],
  ["no P0 case at all", [...P1, ...P2], "golden-p0", 5],
  ["one failure in 82 runs of P1 cases", [...CLEAN, { case: "p1-0", tier: "P1", passed: false }], "golden-p1", 4],
  ["72 runs of P1 cases", [...threeOf("order"), ...P1.slice(0, 72), ...P2], "golden-p1", 5],
  ["one flaky case of fifteen", [...CLEAN, { case: "p2-0", tier: "P2", flaky: true }], "flakes", 4],
])("INV-08 P1-D02 %s blocks the deploy", (_, attempts, gate, exit) => {
  const { verdict, cause, blocked_by } = judged(attempts);

  expect(verdict).toBe("NO-GO");
  expect(blocked_by).toContain(gate);
  expect(cause).toBe(exit === 4 ? "failed" : "missing");
});

test("P1-D02 P2 cases only warn, and a suite of P0 cases alone has to say that it is one", () => {
  const failing = P2.map((attempt, index) => ({ ...attempt, passed: index > 0 }));

  expect(judged([...threeOf("order"), ...threeOf("refund"), ...P1, ...failing])).toMatchObject({
    verdict: "GO",
    spent: { low: 1 },
  });
  expect(judged(threeOf("order"))).toMatchObject({ verdict: "NO-GO", cause: "missing" });
  expect(judged(threeOf("order"), "p0-only")).toMatchObject({ verdict: "GO" });
});

test("P1-D02 the worked example of a week: 990 of 1000 are correct, and pass; 920 completed, and are only shown", () => {
  const outcomes = { SUCCESS: 920, EXPECTED_FAILURE: 70, UNEXPECTED_FAILURE: 10 };
  const runs = Object.entries(outcomes).flatMap(([outcome, count]) =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        kind: "run",
        id: `${outcome}-${index}`,
        at: "2026-03-08T00:00:00Z",
        channel: "prod_traffic",
        columns: { workflow: "w", pack: "p", pack_digest: "d", outcome, code: null, ms: 1, cost_micros: 0 },
      }),
    ),
  );
  const files = [
    { name: "runs.ndjson", text: runs.join("\n") },
    { name: "receipts.ndjson", text: JSON.stringify({ kind: "receipt", units: 0 }) },
  ];
  const input = {
    policy: policyOf("production.yaml"),
    profile: null,
    files,
    decidedAt: instant(Date.UTC(2026, 2, 9)),
    waivers: null,
  };
  const evaluated = evaluateFiles(input, DERIVATIONS);
  assert(evaluated.ok, "it is decided");

  expect(evaluated.value.decision).toMatchObject({
    verdict: "GO",
    gates: [
      { id: "correctness", value: "990/1000", shown: "0.99", bound: "0.98169" },
      { id: "completion", value: "920/1000", shown: "0.92", stage: "ok" },
      {},
      {},
    ],
  });
});
