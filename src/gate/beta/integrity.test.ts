import { describe, expect, test } from "vitest";
import { digestOf, type JsonObject, after as later, sha256Hex } from "../../contracts/index.ts";
import { heavyStory, lightStory, partial } from "./testing/baseline.ts";
import type { Bundle } from "./testing/bundle.ts";
import { CUTOFF, minute, WINDOW_END, WINDOW_START, written } from "./testing/clock.ts";
import {
  adaptation,
  capability,
  fixture,
  invalidImport,
  invalidTwice,
  retagged,
  sessionImport,
  validImport,
  without,
} from "./testing/rows.ts";
import { brokenRules, said, signoff } from "./testing/signoff.ts";
import { APPLIED, ASKED, BEGUN, ROLLED_BACK, story } from "./testing/story.ts";

type Rows = readonly JsonObject[];

const reportOn = (rows: Rows, rest: Partial<Bundle> = {}) => signoff({ rows, cases: {}, ...rest }).report;

/** Rules that are broken, each with the number of rows that broke it. */
function broken(rows: Rows, rest: Partial<Bundle> = {}): { readonly [id: string]: number } {
  const report = reportOn(rows, rest);
  const failures = report.integrityFailures;
  expect(report.items[5]?.status).toBe(failures.length === 0 ? "PASS" : "FAIL");
  return Object.fromEntries(
    brokenRules(report).map((id) => [
      id,
      failures.filter((failure) => failure.id === id && failure.rowId !== null).length,
    ]),
  );
}

/** The same rows, with one of them made different. */
const altered = (rows: Rows, index: number, change: (row: JsonObject) => JsonObject): Rows =>
  rows.map((row, at) => (at === index ? change(row) : row));

/** A row with another payload, hashed as it is. */
const repacked = (row: JsonObject, payload: JsonObject): JsonObject => ({
  ...row,
  payload,
  payloadHash: digestOf(payload),
});

const payloadOf = (row: JsonObject | undefined): JsonObject => {
  const payload = row?.payload;
  return typeof payload === "object" && payload !== null && !Array.isArray(payload)
    ? Object.fromEntries(Object.entries(payload))
    : {};
};

const edited = (row: JsonObject, members: JsonObject): JsonObject => repacked(row, { ...payloadOf(row), ...members });

const light = lightStory("a", APPLIED);

test("evidence of which nothing is wrong breaks no rule", () => {
  expect(broken([...light, adaptation("i1"), sessionImport("s01", "m1")])).toEqual({});
});

describe("IF-1", () => {
  const report = adaptation("i1");
  const [heavy = {}] = heavyStory("h", ["received"]);
  const [drilled = {}] = story("d", ROLLED_BACK).slice(-1);

  test.each<[string, JsonObject]>([
    ["IF-1 a row without a source", retagged(report, { source: null })],
    ["IF-1 a row whose source is none of ours", retagged(report, { source: "T999" })],
    ["IF-1 a row whose kind is none of ours", retagged(report, { kind: "light_guess" })],
    ["IF-1 a row without a kind", without(report, "kind")],
    ["IF-1 a row without a track", retagged(report, { track: null })],
    ["IF-1 a row whose mode is a number", retagged(report, { mode: 1 })],
    ["IF-1 a row without a channel", retagged(report, { evidenceChannel: null })],
    ["IF-1 a row whose channel is none of ours", retagged(report, { evidenceChannel: "ci" })],
    ["IF-1 a row without an id", without(report, "rowId")],
    ["IF-1 a row whose id is empty", retagged(report, { rowId: "" })],
    ["IF-1 a heavy row of production without its session", retagged(heavy, { heavySessionId: null })],
    ["IF-1 an import of the corpus that has a mode", validImport("v1", { tags: { mode: "heavy" } })],
    ["IF-1 an import of the corpus on the light track", validImport("v1", { tags: { track: "light" } })],
    ["IF-1 an import of the corpus without its case", validImport("v1", { tags: { fixtureCaseId: null } })],
    ["IF-1 a fixture row without its run", validImport("v1", { tags: { fixtureRunId: null } })],
    ["IF-1 a fixture row without what it expects", validImport("v1", { tags: { expectedOutcome: null } })],
    ["IF-1 a transaction's row without its attempt", retagged(heavy, { eventKey: null })],
    ["IF-1 a transaction's row whose attempt is not numbered", retagged(heavy, { eventKey: "h" })],
    ["IF-1 a rollback without a class", retagged(drilled, { eventClass: null })],
    ["IF-1 a rollback whose class is none of ours", retagged(drilled, { eventClass: "mood" })],
    ["IF-1 a drill without its id", retagged(drilled, { drillId: null })],
    ["IF-1 a drill whose id is empty", retagged(drilled, { drillId: "" })],
    [
      "IF-1 an event of the sandbox within a transaction, without its attempt",
      capability("c", { kind: "capability_audit", attempt: ["t", 1], tags: { eventKey: null } }),
    ],
    [
      "IF-1 a fixture's violation that expects something else",
      capability("c", { tags: fixture("x", "rolled_back_expected") }),
    ],
  ])("%s is named and counts nowhere", (_, row) => {
    expect(broken([row])).toEqual({ "IF-1": 1 });
  });

  test("IF-1 names every tag of a row that is wrong, once", () => {
    const { integrityFailures } = reportOn([retagged(report, { track: null, mode: "", evidenceChannel: "ci" })]);

    expect(integrityFailures.map(({ detail }) => detail)).toEqual([
      "missing, empty or not allowed: evidenceChannel, mode, track",
    ]);
  });

  test("IF-1 a dry run and a difference are of an attempt", () => {
    const rows = light.map((row) => (row.source === "T251" ? retagged(row, { eventKey: null }) : row));

    expect(broken(rows)).toEqual({ "IF-1": 2, "IF-11": 0 });
  });
});

test("IF-2 an attempt of two channels, or of two classes, is broken in all its rows", () => {
  const own = fixture("x", "rolled_back_expected");
  const drilled = lightStory("d", ROLLED_BACK);

  expect(broken(altered(light, 4, (row) => retagged(row, own)))).toEqual({ "IF-2": light.length });
  expect(
    broken(altered(drilled, drilled.length - 1, (row) => retagged(row, { eventClass: "operator_request" }))),
  ).toEqual({ "IF-2": drilled.length });
});

test("IF-3 two rows of one id differ in payload or tags: both are broken, and named once", () => {
  const row = adaptation("i1");
  const other = { ...adaptation("i2"), rowId: row.rowId ?? "" };
  const report = reportOn([row, other, adaptation("i3")]);

  expect(brokenRules(report)).toEqual(["IF-3"]);
  expect(report.integrityFailures).toHaveLength(1);
  expect(said(report, "L-KPI-1")).toBe("1/1 PASS");
  expect(broken([row, retagged(row, { heavySessionId: "s01" })])).toEqual({ "IF-3": 1 });
});

test("IF-4 a fixture row is of a registered run, and within it", () => {
  const stranger = validImport("v1", { tags: { fixtureRunId: "run-2" } });
  const run = (from: string, to: string) => ({
    manifest: { fixtureRuns: [{ fixtureRunId: "run-1", from, to, cases: [] }] },
  });

  expect(broken([stranger])).toEqual({ "IF-4": 1 });
  expect(broken([validImport("v1")], run(written(minute(0)), written(minute(30))))).toEqual({ "IF-4": 1 });
  expect(broken([validImport("v1")], run(written(minute(30)), written(minute(31))))).toEqual({});
});

test.each<[string, JsonObject]>([
  ["IF-5 a row without an instant", retagged(adaptation("i1"), { observedAt: null })],
  ["IF-5 a row whose instant is local", retagged(adaptation("i1"), { observedAt: "2026-03-03T00:00:00+01:00" })],
  ["IF-5 a row of a day that does not exist", retagged(adaptation("i1"), { observedAt: "2026-02-30T00:00:00Z" })],
  ["IF-5 a row of the cutoff", adaptation("i1", { at: CUTOFF })],
  [
    "IF-5 a row that breaks other rules too",
    { ...adaptation("i1", { at: CUTOFF, tags: { track: null } }), payloadHash: sha256Hex("another") },
  ],
])("%s is reported under this rule alone", (_, row) => {
  expect(broken([row])).toEqual({ "IF-5": 1 });
});

test.each<[string, JsonObject]>([
  ["IF-6 a payload that lacks a member", repacked(adaptation("i1"), without(payloadOf(adaptation("i1")), "aggregate"))],
  ["IF-6 a payload of another type", edited(adaptation("i1"), { targetResults: "none" })],
  ["IF-6 a report on no target", edited(adaptation("i1"), { targetResults: [] })],
  ["IF-6 a payload that is no object", { ...adaptation("i1"), payload: null }],
  ["IF-6 a hash that is not the payload's", { ...adaptation("i1"), payloadHash: sha256Hex("another") }],
  ["IF-6 a violation for another reason", capability("c", { reason: "capability-not-granted" })],
  ["IF-6 a decision that is not its event's", edited(capability("c"), { decision: "approved" })],
  ["IF-6 an event of another attempt than its row's", retagged(heavyOne(), { eventKey: "other:1" })],
  ["IF-6 an event in a row of another kind", retagged(heavyOne(), { kind: "apply_attempt" })],
])("%s counts nowhere", (_, row) => {
  expect(broken([row])).toEqual({ "IF-6": 1 });
});

function heavyOne(): JsonObject {
  return heavyStory("h", ["received"])[0] ?? {};
}

describe("IF-7", () => {
  test("IF-7 a transition that the protocol does not have is broken where it stands", () => {
    expect(broken(heavyStory("h", [...ASKED, "applying"]))).toEqual({ "IF-7": 1 });
    expect(broken(heavyStory("h", ["received", "ready"]))).toEqual({ "IF-7": 1 });
  });

  test("IF-7 an event that starts from where its transaction was not is broken", () => {
    const rows = heavyStory("h", [...ASKED, { do: "approved", payload: { prevState: "APPROVED" } }]);

    expect(broken(rows)).toEqual({ "IF-7": 1 });
  });

  test("IF-7 a gap in the numbers is found at the event after it", () => {
    const rows = heavyStory("h", APPLIED);

    expect(broken([...rows.slice(0, 3), ...rows.slice(4)])).toEqual({ "IF-7": 1 });
  });

  test("IF-7 an event that names another before it is broken", () => {
    const rows = heavyStory("h", ["received", { do: "previewing", payload: { prevEventHash: sha256Hex("another") } }]);

    expect(broken(rows)).toEqual({ "IF-7": 1 });
  });

  test("IF-7 a first event names none before it", () => {
    const rows = heavyStory("h", [{ do: "received", payload: { prevEventHash: sha256Hex("another") } }]);

    expect(broken(rows)).toEqual({ "IF-7": 1 });
  });

  test("IF-7 a retry is of the next attempt", () => {
    const rows = heavyStory("h", [
      ...BEGUN,
      "failed",
      { do: "retried", payload: { attemptNo: 3 }, tags: { eventKey: "h:3" } },
    ]);

    expect(broken(rows)).toEqual({ "IF-7": 1 });
  });

  test("IF-7 a chain is checked from its first row in range, and refused requests move nothing", () => {
    const rows = lightStory("a", [...ASKED, "approved", "refused", "requested", "applying", "applied"]);

    expect(broken(rows.slice(6))).toEqual({});
    expect(broken(rows)).toEqual({});
  });

  test("IF-7 a row that breaks its schema is left out, and the next one shows the gap", () => {
    const rows = altered(light, 4, (row) => edited(row, { entryCount: "one" }));

    expect(broken(rows)).toEqual({ "IF-6": 1, "IF-7": 1 });
  });
});

test.each([
  ["IF-8 a violation that was expected and not seen", "policy_violation_expected"],
  ["IF-8 a refusal of an approval that was expected and not seen", "approval_reject_expected"],
])("%s", (_, outcome) => {
  expect(broken([], { cases: { x: [outcome] } })).toEqual({ "IF-8": 0 });
  expect(broken([], { cases: { x: ["rolled_back_expected"] } })).toEqual({});
});

test("IF-8 a refused check or a refused request of the case is the refusal", () => {
  const refused = story("t", [...ASKED, "approved", "refusedMismatch"], {
    track: "heavy",
    tags: fixture("x", "approval_reject_expected"),
  });

  expect(broken(refused, { cases: { x: ["approval_reject_expected"] } })).toEqual({});
  expect(broken(partial(0), { cases: { "partial-001": ["policy_violation_expected"] } })).toEqual({});
});

test("IF-9 a case has one input within the window: all its imports of the window are broken", () => {
  const rows = [...invalidTwice("x"), invalidImport("x", { at: minute(33), input: "another" })];
  const after = invalidImport("x", { at: WINDOW_END, input: "another" });

  expect(broken(rows)).toEqual({ "IF-9": 3 });
  expect(broken([...invalidTwice("x"), after])).toEqual({});
});

test("IF-10 a transaction stays on its first row's track", () => {
  expect(broken(altered(light, 4, (row) => retagged(row, { track: "heavy" })))).toEqual({ "IF-10": 1 });
});

test("IF-11 a light attempt asks for approval after a dry run that is ok and with a difference", () => {
  const isNot = (kind: string) => (row: JsonObject) => row.kind !== kind;
  const conflict = altered(light, 0, (row) => edited(row, { status: "conflict" }));

  expect(broken(light.filter(isNot("light_dryrun")))).toEqual({ "IF-11": 0 });
  expect(broken(light.filter(isNot("light_diff")))).toEqual({ "IF-11": 0 });
  expect(broken(conflict)).toEqual({ "IF-11": 0 });
  expect(broken(heavyStory("h", APPLIED))).toEqual({});
});

test("IF-12 the declared corpus is exercised within the window: a valid package once, an invalid one twice", () => {
  const cases = { v: ["import_ok_expected"], x: ["import_reject_expected"] };
  const outside = validImport("v", { at: WINDOW_END });

  expect(broken([validImport("v"), ...invalidTwice("x")], { cases })).toEqual({});
  expect(broken([validImport("v"), invalidImport("x")], { cases })).toEqual({ "IF-12": 0 });
  expect(broken([outside, ...invalidTwice("x")], { cases })).toEqual({ "IF-12": 0 });
  expect(reportOn([], { cases }).integrityFailures.map(({ detail }) => detail)).toEqual([
    "case v ran 0 times of 1",
    "case x ran 0 times of 2",
  ]);
});

describe("IF-13", () => {
  test.each(["windowStart", "windowEnd", "cutoff"])("IF-13 a manifest whose %s is not the decision's", (name) => {
    expect(broken([], { manifest: { [name]: written(later(WINDOW_START, 1)) } })).toEqual({ "IF-13": 0 });
  });

  test("IF-13 a manifest that its hash is not of", () => {
    expect(broken([], { tampered: { bundleId: "another" } })).toEqual({ "IF-13": 0 });
    expect(broken([], { tampered: { bundleHash: sha256Hex("another") } })).toEqual({ "IF-13": 0 });
  });

  test("IF-13 rows that are not as many, or not those that the manifest counts", () => {
    const source = { source: "T252", rowCount: 0, rowsHash: digestOf([]), coverage: [] };
    const reasons = reportOn([adaptation("i1")], { manifest: { sources: [source] } }).integrityFailures;

    expect(reasons.map(({ id, rowId, detail }) => `${id} ${rowId} ${detail}`)).toEqual([
      "IF-13 null T252 has 1 rows, not 0",
      "IF-13 null T252: `rowsHash` is not that of its rows",
    ]);
  });
});

test("rows older than the window break no rule and count nowhere", () => {
  const old = adaptation("i1", { at: later(WINDOW_START, -1), tags: { evidenceChannel: null } });

  expect(broken([old])).toEqual({});
  expect(said(reportOn([old]), "L-KPI-1")).toBe("0/0 UNKNOWN");
});
