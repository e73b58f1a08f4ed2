import { expect, test } from "vitest";
import { sha256Hex } from "../../../../src/contracts/index.ts";
import type { Decision, GateRow } from "../../api/wire.ts";
import { compared } from "./compare.ts";

const row = (id: string, changed: Partial<GateRow> = {}): GateRow => ({
  id,
  title: null,
  group: null,
  metric: "m",
  status: "PASS",
  standing: "counts",
  severity: null,
  stage: null,
  waivable: false,
  value: "9/10",
  shown: "0.9",
  sample: 10,
  sample_min: 1,
  bound: null,
  rule: ">= 0.9",
  triggers: [],
  reasons: [],
  failing: { count: 0, rows: [] },
  flip: [],
  code: null,
  remedy: "look",
  waiver: null,
  ...changed,
});

function decision(gates: readonly GateRow[], changed: Partial<Decision> = {}): Decision {
  const digest = sha256Hex("a");
  return {
    schema: "countermark.decision.v1",
    policy: { id: "slo", version: "1.0.0", digest },
    profile: null,
    decided_at: "2026-01-01T00:00:00.000Z",
    valid_until: "2026-01-02T00:00:00.000Z",
    window: null,
    evidence: { digest, derived_by: { fn: "units", version: 1 }, sources: {}, units: { run: 10 } },
    gates,
    groups: [],
    waivers: { digest: null, applied: [], rejected: [] },
    spent: { critical: 0, high: 0, medium: 0, low: 0, waived: 0 },
    verdict: "GO",
    conditions: [],
    blocked_by: [],
    cause: null,
    digest,
    ...changed,
  };
}

test("gates that turned come first, what got worse before what got better, and each says how", () => {
  const before = decision([row("calm"), row("mended", { status: "FAIL" }), row("broken"), row("dropped"), row("more")]);
  const after = decision([
    row("calm"),
    row("mended"),
    row("broken", { status: "INSUFFICIENT" }),
    row("new"),
    row("more", { value: "19/20" }),
  ]);

  expect(compared(before, after).gates.map(({ id, turn }) => `${id} ${turn}`)).toEqual([
    "broken worse",
    "mended better",
    "dropped gone",
    "new added",
    "more moved",
    "calm same",
  ]);
});

test("a row that is waived keeps nothing back, so waiving is a turn for the better", () => {
  const [before, after] = [
    decision([row("a", { status: "FAIL" })]),
    decision([row("a", { status: "FAIL", standing: "waived" })]),
  ];

  expect(compared(before, after).gates).toMatchObject([{ turn: "better" }]);
});

test("of what they rest on, only what differs is told", () => {
  const before = decision([]);
  const after = decision([], {
    verdict: "NO-GO",
    blocked_by: ["a", "b"],
    evidence: { ...before.evidence, units: { run: 12 } },
  });

  expect(compared(before, after).differences).toEqual([
    { what: "verdict", before: "GO", after: "NO-GO" },
    { what: "blocked by", before: "none", after: "a, b" },
    { what: "units", before: "10 runs", after: "12 runs" },
  ]);
  expect(compared(before, before).differences).toEqual([]);
});
