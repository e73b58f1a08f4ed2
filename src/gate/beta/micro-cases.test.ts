import { expect, test } from "vitest";
import { after, type JsonObject } from "../../contracts/index.ts";
import { drill, heavyStory, lightStory, partial } from "./testing/baseline.ts";
import type { Bundle } from "./testing/bundle.ts";
import { MINUTE_MS, minute, WINDOW_END, WINDOW_START } from "./testing/clock.ts";
import {
  adaptation,
  completeAction,
  correction,
  graph,
  invalidImport,
  invalidTwice,
  sessionImport,
  validImport,
  without,
} from "./testing/rows.ts";
import { said, signoff } from "./testing/signoff.ts";
import { APPLIED, ASKED, BEGUN, ROLLED_BACK, story, timed } from "./testing/story.ts";

/** What metrics come to where nothing else happened than these rows. */
const measuredOn = (rows: readonly JsonObject[], cases: Bundle["cases"] = {}) => {
  const { report } = signoff({ rows, cases });
  expect(report.decision).toBe("NO-GO");
  return (...ids: readonly string[]) => ids.map((id) => said(report, id)).join(", ");
};

const beforeWindow = after(WINDOW_START, -1);
const lastMoment = after(WINDOW_END, -1);
const inSession = { tags: { heavySessionId: "s01" } };

test("M1 one report that is deterministic and reachable is all of one", () => {
  expect(measuredOn([adaptation("i1")])("L-KPI-1", "L-KPI-2")).toBe("1/1 PASS, 1/1 PASS");
});

test("M2 without a report nothing is known of determinism", () => {
  expect(measuredOn([])("L-KPI-1")).toBe("0/0 UNKNOWN");
});

test("M3 an intent is deterministic only if each report of it is", () => {
  const rows = [adaptation("i1"), adaptation("i1", { at: minute(11), deterministic: false })];

  expect(measuredOn(rows)("L-KPI-1")).toBe("0/1 FAIL");
});

test("M4 an intent whose tablet layout cannot be closed is not recoverable", () => {
  const rows = [adaptation("i1", { targets: ["web", "tablet"], closeLost: ["tablet"] })];

  expect(measuredOn(rows)("L-KPI-2")).toBe("0/1 FAIL");
});

test("M5 a blocked target whose retained layout is within reach is recoverable", () => {
  expect(measuredOn([adaptation("i1", { targets: ["mobile"], blocked: ["mobile"] })])("L-KPI-2")).toBe("1/1 PASS");
});

test("M6 one of two intents that exhausted its corrections is too many", () => {
  const rows = [correction("i1"), correction("i2", { corrections: 3, outcome: "exhausted" })];

  expect(measuredOn(rows)("L-KPI-3")).toBe("1/2 FAIL");
});

test("M7 an intent that entered the loop before the window is not of it", () => {
  const rows = [correction("i1", { enteredAt: beforeWindow, at: minute(5), corrections: 3, outcome: "exhausted" })];

  expect(measuredOn(rows)("L-KPI-3")).toBe("0/0 UNKNOWN");
});

test("M8 an attempt that was applied and one that was rejected end well", () => {
  const rows = [...lightStory("a", APPLIED), ...lightStory("b", [...ASKED, "rejected"])];

  expect(measuredOn(rows)("L-SLO-4")).toBe("2/2 PASS");
});

test("M9 an attempt that asked in the window's last millisecond counts by what became of it after", () => {
  const turns = timed(timed(APPLIED, "pending", lastMoment), "approved", after(WINDOW_END, 19 * MINUTE_MS));

  expect(measuredOn(heavyStory("c", turns))("H-SLO-4")).toBe("1/1 PASS");
});

test("M10 an attempt that asked exactly at the window's end is not of it", () => {
  expect(measuredOn(heavyStory("c", timed(APPLIED, "pending", WINDOW_END)))("H-SLO-4")).toBe("0/0 UNKNOWN");
});

test("M11 an attempt that asked before the window and was lost within it fails the metric all the same", () => {
  const turns = timed([...BEGUN, "unsure", "lost"], "lost", minute(9));
  const rows = heavyStory("c", turns, { at: after(WINDOW_START, -MINUTE_MS) });

  expect(measuredOn(rows)("H-SLO-4")).toBe("0/0 FAIL");
});

test("M12 a drill that was applied and rolled back ends well, and is a rollback that succeeded", () => {
  expect(measuredOn(drill(0))("L-SLO-4", "S-SLO-2")).toBe("1/1 PASS, 1/1 PASS");
});

test("M13 an invalid package that was refused alike three times is consistent", () => {
  const rows = [...invalidTwice("x1"), invalidImport("x1", { at: minute(33) })];

  expect(measuredOn(rows)("H-KPI-2")).toBe("1/1 PASS");
});

test("M14 an invalid package that was imported once is not consistent", () => {
  const rows = [invalidImport("x1"), invalidImport("x1", { at: minute(31), isImported: true })];

  expect(measuredOn(rows)("H-KPI-2")).toBe("0/1 FAIL");
});

test("M15 an invalid package that was run once says nothing", () => {
  expect(measuredOn([invalidImport("x1")])("H-KPI-2")).toBe("0/0 UNKNOWN");
});

test("M16 each import of a valid package counts", () => {
  const rows = [30, 31, 32].map((at) => validImport("v1", { at: minute(at) }));

  expect(measuredOn(rows)("H-KPI-1")).toBe("3/3 PASS");
});

const acted = (action: JsonObject) => [graph("m1", [action], inSession), sessionImport("s01", "m1")];

test("M17 an action that says that nothing undoes it is complete", () => {
  expect(measuredOn(acted({ ...completeAction("a1"), undoCommand: null }))("H-KPI-3")).toBe("1/1 PASS");
});

test("M18 an action without a surface is not complete", () => {
  expect(measuredOn(acted(without(completeAction("a1"), "surface")))("H-KPI-3")).toBe("0/1 FAIL");
});

test("M19 an apply that was asked for twice under a valid token is one attempt", () => {
  const rows = lightStory("a", [...BEGUN, { do: "requested" }, "applied"]);

  expect(measuredOn(rows)("S-SLO-1")).toBe("1/1 PASS");
});

test("M20 where no capability was refused there is no violation", () => {
  expect(measuredOn([])("S-SLO-3")).toBe("0 PASS");
});

test("M21 an intent that a policy blocked within the loop did not exhaust it", () => {
  const rows = [correction("i1", { corrections: 2, outcome: "blocked", finalCode: "E_POLICY_DENIED" })];

  expect(measuredOn(rows)("L-KPI-3")).toBe("0/1 PASS");
});

test("M22 a violation that a fixture forced is none of production, and its rollback succeeded", () => {
  expect(measuredOn(partial(0))("S-SLO-3", "S-SLO-2")).toBe("0 PASS, 1/1 PASS");
});

test("M23 a rollback that was begun twice is one episode", () => {
  const turns = [...APPLIED, "rollingBack", "unsure", "foundApplied", "rollingBack", "rolledBack"] as const;

  expect(measuredOn(story("a", turns))("S-SLO-2")).toBe("1/1 PASS");
});

test("M24 an attempt that nobody decided in time was rejected, and ends well", () => {
  expect(measuredOn(heavyStory("d", [...ASKED, "lapsed"]))("H-SLO-4")).toBe("1/1 PASS");
  expect(measuredOn(heavyStory("d", ROLLED_BACK))("H-SLO-4")).toBe("1/1 PASS");
});
