import fc from "fast-check";
import { expect, test } from "vitest";
import { type JsonObject, after as later } from "../../contracts/index.ts";
import { DUAL_TRACK_BETA } from "./derive.ts";
import { B0, bundleOf, heavyStory, lightStory, times } from "./testing/baseline.ts";
import { type Bundle, rowsText } from "./testing/bundle.ts";
import {
  CUTOFF,
  DECISION_AT,
  MINUTE_MS,
  minute,
  SECOND_MS,
  WINDOW_END,
  WINDOW_START,
  written,
} from "./testing/clock.ts";
import {
  adaptation,
  capability,
  completeAction,
  correction,
  fixture,
  graph,
  invalidImport,
  sessionImport,
  validImport,
} from "./testing/rows.ts";
import { brokenRules, filesOf, missedItems, POLICY, said, signoff, signoffOf } from "./testing/signoff.ts";
import { type Act, APPLIED, ASKED, BEGUN, previewHashOf, ROLLED_BACK, story, type Turn } from "./testing/story.ts";

type Rows = readonly JsonObject[];

const bundle = (...rows: Rows): Bundle => ({ rows, cases: {} });
const measured = (id: string, ...rows: Rows): string => said(signoff(bundle(...rows)).report, id);
const triggersOf = (id: string, ...rows: Rows) =>
  signoff(bundle(...rows)).report.metrics.find((metric) => metric.id === id)?.triggers;

const VARIED = bundle(
  ...partialRows(),
  ...lightStory("a", ROLLED_BACK),
  ...heavyStory("b", [...BEGUN, "failed"]),
  adaptation("i1", { deterministic: false }),
  adaptation("i1", { at: minute(11), targets: ["web", "mobile"] }),
  correction("i1"),
  correction("i1", { at: minute(22), outcome: "exhausted", corrections: 3 }),
  invalidImport("x"),
  validImport("v"),
  capability("c1", { tags: { evidenceChannel: null } }),
);

function partialRows(): Rows {
  return heavyStory("p", ["received", "ready"]);
}

const [manifest = { name: "", text: "" }] = filesOf(VARIED);
const lines = rowsText(VARIED).trimEnd().split("\n");

test("SO-1 the same evidence gives the same bytes, in whatever order and however often its rows came", () => {
  const reportOf = (rows: readonly string[]) =>
    JSON.stringify(signoffOf([manifest, { name: "rows.ndjson", text: rows.join("\n") }]).report);
  const first = reportOf(lines);

  fc.assert(
    fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), fc.subarray(lines), (shuffled, again) => {
      expect(reportOf([...shuffled, ...again])).toBe(first);
    }),
    { numRuns: 10 },
  );
});

test("SO-1 rows may lie in several files", () => {
  const parts = [lines.slice(0, 9), lines.slice(9)].map((part, index) => ({
    name: `part-${index}.ndjson`,
    text: part.join("\n"),
  }));

  expect(signoffOf([...parts, manifest]).report).toEqual(signoffOf(filesOf(VARIED)).report);
});

test("SO-1 a line that cannot be read is named, and breaks the evidence", () => {
  for (const line of ["{", "[]", "7", '{"rowId":"r1","rowId":"r2"}']) {
    const [head = manifest, rows] = filesOf(bundleOf(B0));
    const { report } = signoffOf([head, { name: "rows.ndjson", text: `${rows?.text ?? ""}\n${line}\n` }]);

    expect(report.integrityFailures).toMatchObject([{ id: "IF-5", detail: "the line is no JSON object" }]);
    expect(missedItems(report)).toBe("6");
  }
});

test.each([
  ["without a manifest", []],
  ["whose manifest is no JSON", [{ name: "manifest.json", text: "{" }]],
  ["whose manifest lacks a member", [{ name: "manifest.json", text: "{}" }]],
  ["whose manifest names a source twice", [{ name: "manifest.json", text: withSourcesTwice() }]],
])("evidence %s cannot be decided on", (_, files) => {
  const derived = DUAL_TRACK_BETA.derive({
    files,
    decidedAt: DECISION_AT,
    isReproduced: true,
    policy: POLICY,
    profile: null,
  });

  expect(derived).toMatchObject({ ok: false, refusal: { code: "GATE_EVIDENCE_MISSING" } });
});

function withSourcesTwice(): string {
  const source = { source: "T251", rowCount: 0, rowsHash: "0".repeat(64), coverage: [] };
  return filesOf({ ...bundle(), manifest: { sources: [source, source] } })[0]?.text ?? "";
}

test("SO-2 every floor, metric and item is there, also where nothing is known", () => {
  const { floors, metrics, items, decision } = signoff(bundle()).report;

  expect([floors.length, metrics.length, items.map(({ item }) => item)]).toEqual([9, 11, [1, 2, 3, 4, 5, 6]]);
  expect(metrics.map(({ status }) => status)).toEqual([...Array(10).fill("UNKNOWN"), "PASS"]);
  expect(decision).toBe("NO-GO");
});

test("SO-3 two of a hundred are exactly two in a hundred", () => {
  const loops = (count: number, exhausted: number) =>
    times(count, (index) => correction(`i${index}`, index < exhausted ? { outcome: "exhausted" } : {}));

  expect(measured("L-KPI-3", ...loops(100, 2))).toBe("2/100 PASS");
  expect(measured("L-KPI-3", ...loops(149, 3))).toBe("3/149 FAIL");
});

test("SO-4 the window ends when every timer of an attempt has run out, two hours before the decision at least", () => {
  const timers = { pendingSeconds: 14_400, approvalTtlSeconds: 900, ackSeconds: 30, recoverySeconds: 600 };
  const longer = { ...bundle(), manifest: { timers } };
  const { report } = signoff(longer);

  expect(report).toMatchObject({
    windowStart: "2026-03-01T21:34:30.000Z",
    windowEnd: "2026-03-08T21:34:30.000Z",
    cutoff: "2026-03-09T02:00:00.000Z",
  });
  expect(brokenRules(report)).toEqual(["IF-13"]);
});

test("SO-4 a decision within a second is of that second", () => {
  const { report } = signoff(bundle(), { decidedAt: later(DECISION_AT, 999) });

  expect(report).toMatchObject({ decisionAt: "2026-03-09T02:00:00.999Z", cutoff: "2026-03-09T02:00:00.000Z" });
  expect(report.integrityFailures).toEqual([]);
});

test.each([
  [later(WINDOW_START, -1), "0/0 UNKNOWN"],
  [WINDOW_START, "1/1 PASS"],
  [later(WINDOW_END, -1), "1/1 PASS"],
  [WINDOW_END, "0/0 UNKNOWN"],
])("SO-4 a report is of the window or not, to the millisecond", (at, value) => {
  expect(measured("L-KPI-1", adaptation("i1", { at }))).toBe(value);
});

const settling = later(WINDOW_END, 10 * MINUTE_MS);

test("SO-5 what must never happen counts until the decision, what is measured until the window's end", () => {
  expect(triggersOf("S-SLO-3", capability("c", { at: settling }))).toEqual(["violation"]);
  expect(triggersOf("L-KPI-3", correction("i1", { at: settling, corrections: 4 }))).toEqual(["retry_cap"]);
  expect(triggersOf("L-KPI-1", adaptation("i1", { at: settling, deterministic: false }))).toEqual([]);
  expect(triggersOf("H-KPI-1", validImport("v", { at: settling, refused: ["a", "b"] }))).toEqual([]);
  expect(
    triggersOf("S-SLO-2", ...lightStory("a", [...APPLIED, "rollingBack", "rollbackFailed"], { at: settling })),
  ).toEqual(["rollback_failed"]);
});

test("SO-5 an approval from before the window is looked up", () => {
  const at = later(WINDOW_START, -4.5 * SECOND_MS);

  expect(measured("S-SLO-1", ...heavyStory("h", APPLIED, { at }))).toBe("1/1 PASS");
});

test("SO-6 an attempt that was applied and rolled back ends well, one that is open at the cutoff does not", () => {
  expect(measured("H-SLO-4", ...heavyStory("h", ROLLED_BACK))).toBe("1/1 PASS");
  expect(measured("H-SLO-4", ...heavyStory("h", BEGUN))).toBe("0/1 FAIL");
  expect(measured("H-SLO-4", ...heavyStory("h", [...BEGUN, "failed"]))).toBe("0/1 FAIL");
  expect(measured("H-SLO-4", ...heavyStory("h", [...BEGUN, "failed", "givenUp"]))).toBe("1/1 PASS");
  expect(measured("H-SLO-4", ...heavyStory("h", [...APPLIED, "rollingBack", "rollbackFailed"]))).toBe("0/1 FAIL");
});

const asked = (...turns: readonly (Act | Turn)[]) => heavyStory("h", [...ASKED, ...turns]);

test.each<[string, string, Rows]>([
  ["a missing token in production", "0/1 FAIL", asked("approved", "refusedMissing")],
  ["a token that ran out and was refused", "0/0 UNKNOWN", asked("approved", "refusedExpired")],
  ["a valid token after a wrong one", "0/1 FAIL", asked("approved", "refusedMismatch", "requested", "applying")],
  [
    "a token that was let through though it had run out",
    "0/1 FAIL",
    asked("approved", { do: "refusedExpired", payload: { accepted: true } }, "applying"),
  ],
  [
    "a token of another approval",
    "0/1 FAIL",
    asked("approved", { do: "requested", payload: { approvalTokenId: "another" } }, "applying"),
  ],
  [
    "an approval of another preview",
    "0/1 FAIL",
    asked({ do: "approved", payload: { approvedPreviewHash: previewHashOf("another", 1) } }, "requested", "applying"),
  ],
  [
    "a request exactly when the token ran out",
    "0/1 FAIL",
    asked("approved", { do: "requested", at: minute(115 + 4 / 60) }),
  ],
  [
    "a request a moment before",
    "1/1 PASS",
    asked("approved", { do: "requested", at: later(minute(115 + 4 / 60), -1) }),
  ],
  [
    "a valid request that was refused for another reason",
    "1/1 PASS",
    asked("approved", { do: "requested", payload: { accepted: false } }),
  ],
])("SO-7 %s", (_, value, rows) => {
  expect(measured("S-SLO-1", ...rows)).toBe(value);
});

test("SO-7 an entry to applying after the window, without an approval, is a bypass", () => {
  const rows = heavyStory("h", APPLIED, { at: settling }).slice(5);

  expect(said(signoff(bundle(...rows)).report, "S-SLO-1")).toBe("0/0 FAIL");
  expect(triggersOf("S-SLO-1", ...rows)).toEqual(["approval_bypass"]);
});

test("SO-7 triggers name what went wrong", () => {
  expect(triggersOf("S-SLO-1", ...asked("approved", "refusedMismatch"))).toEqual(["token_mismatch"]);
  expect(triggersOf("S-SLO-1", ...heavyStory("h", APPLIED).slice(5, 6))).toEqual(["approval_missing"]);
  expect(triggersOf("S-SLO-1", ...asked("approved", "refusedMissing", { do: "applying" }))).toEqual([
    "approval_bypass",
  ]);
});

test("SO-8 a rollback that a person asked for fails the metric where it fails, and is not in its ratio", () => {
  const failed = story("a", [...APPLIED, "rollingBack", "rollbackFailed"], {
    rollback: { eventClass: "operator_request", drillId: null },
  });

  expect(measured("S-SLO-2", ...failed)).toBe("0/0 FAIL");
});

test("SO-8 a rollback that was begun before the window, and again within it, is not of the window", () => {
  const again = ["rollingBack", "unsure", "foundApplied", "rollingBack", "rolledBack"] as const;
  const begunFrom = (first: number) =>
    lightStory("a", [...APPLIED, ...again], { at: later(WINDOW_START, first * SECOND_MS) });

  expect(measured("S-SLO-2", ...begunFrom(-8.5))).toBe("0/0 UNKNOWN");
  expect(measured("S-SLO-2", ...begunFrom(-7.5))).toBe("1/1 PASS");
});

test("SO-8 a rollback whose recovery timed out fails, an apply whose recovery did is none", () => {
  const drill = story("a", [...APPLIED, "rollingBack", "unsure", "lost"]);

  expect(triggersOf("S-SLO-2", ...drill)).toEqual(["recovery_timeout"]);
  expect(triggersOf("S-SLO-2", ...story("a", [...BEGUN, "unsure", "lost"]))).toEqual([]);
  expect(triggersOf("S-SLO-2", ...story("a", [...APPLIED, "rollingBack", "unsure", mismatch]))).toEqual([
    "failed_terminal",
  ]);
});

const mismatch: Turn = { do: "lost", payload: { errorCode: "TX_LEDGER_MISMATCH" } };

test("SO-9 refusals for other reasons are no violations, and one event told twice is one violation", () => {
  const denied = capability("c1", { reason: "capability-grant-stale", kind: "capability_audit" });
  const told = [capability("c2"), capability("c2", { kind: "capability_audit" })];

  expect(measured("S-SLO-3", denied)).toBe("0 PASS");
  expect(measured("S-SLO-3", ...told)).toBe("1 FAIL");
});

test("SO-9 a violation in a row that is broken is not counted, and fails all the same", () => {
  const row = capability("c1", { tags: { track: null } });

  expect(measured("S-SLO-3", row)).toBe("0 FAIL");
  expect(triggersOf("S-SLO-3", { ...row, payload: {} })).toEqual(["violation"]);
});

test("SO-10 a percentage is cut off after four places, and every row that was measured is listed", () => {
  const rows = times(3, (index) => adaptation(`i${index}`, { deterministic: index > 0 }));
  const metric = signoff(bundle(...rows)).report.metrics[0];

  expect(metric).toMatchObject({ id: "L-KPI-1", num: 2, den: 3, percent: "66.6666", threshold: "== 1" });
  expect(metric?.rowIds).toEqual(rows.map(({ rowId }) => rowId).sort());
});

test("an invalid package that is refused for another reason within its manifest drifts", () => {
  const run = (at: number, manifestCode: string) =>
    invalidImport("x", { at: minute(at), refused: ["manifest-validation-error", "package"], manifestCode });

  expect(measured("H-KPI-2", run(30, "invalid-ui-id"), run(31, "invalid-ui-id"))).toBe("1/1 PASS");
  expect(measured("H-KPI-2", run(30, "invalid-ui-id"), run(31, "invalid-ui-slot"))).toBe("0/1 FAIL");
});

test("the latest word on an intent's corrections counts, by when the intent entered the loop", () => {
  const exhausted = correction("i1", { at: minute(40), outcome: "exhausted", corrections: 3 });
  const late = correction("i1", { enteredAt: WINDOW_END, at: later(WINDOW_END, MINUTE_MS) });

  expect(measured("L-KPI-3", correction("i1"), exhausted)).toBe("1/1 FAIL");
  expect(measured("L-KPI-3", exhausted, correction("i1", { at: minute(41) }))).toBe("0/1 PASS");
  expect(measured("L-KPI-3", exhausted, late)).toBe("0/0 UNKNOWN");
});

test("a module that no counted session used is not in the corpus of actions", () => {
  const action = { ...completeAction("a1"), surface: [] };
  const idle = { tags: { heavySessionId: "s99" } };
  const seen = graph("m1", [action], idle);

  expect(measured("H-KPI-3", seen)).toBe("0/0 UNKNOWN");
  expect(measured("H-KPI-3", seen, validImport("m1"))).toBe("0/0 UNKNOWN");
  expect(measured("H-KPI-3", graph("module-m1", [action], idle), validImport("m1"))).toBe("0/1 FAIL");
  expect(measured("H-KPI-3", graph("module-m1", [action], idle), sessionImport("s01", "m1"))).toBe("0/1 FAIL");
  expect(
    measured("H-KPI-3", graph("m1", [action], { tags: fixture("v", "import_ok_expected") }), validImport("v")),
  ).toBe("0/1 FAIL");
});

test("the decision's cause is evidence where only floors are missed, and a failure where something failed", () => {
  const { evaluation } = signoff(bundle());
  const violated = signoff(bundle(capability("c"))).evaluation;
  const unsure = signoff(bundleOf(B0), { isReproduced: null });

  expect(evaluation.decision.cause).toBe("missing");
  expect(violated.decision.cause).toBe("failed");
  expect(missedItems(unsure.report)).toBe("6 UNKNOWN");
  expect(unsure.evaluation.decision.cause).toBe("missing");
  expect(signoff(bundle({ ...adaptation("i"), rowId: "" })).evaluation.decision.cause).toBe("failed");
  expect(written(CUTOFF)).toBe(signoff(bundle()).report.cutoff);
});
