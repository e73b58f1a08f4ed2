import { expect, test } from "vitest";
import type { RunTimeline } from "../../api/wire.ts";
import { authorityOf, letThroughBy, pictureOf } from "./timeline.ts";

const at = (ms: number): string => new Date(ms).toISOString();
const bar = (from: number, to: number | null) =>
  ({
    kind: "working",
    category: "STEP",
    from: at(from),
    to: to === null ? null : at(to),
    attempt: 1,
    severity: "info",
    code: null,
    ended_by: null,
    times: 1,
  }) as const;

const timelineOf = (rows: RunTimeline["rows"], ended: number | null) => ({
  rows,
  calls: [],
  marks: [],
  started_at: at(0),
  ended_at: ended === null ? null : at(ended),
  generated_at: at(400),
});

test("bars stand where they happened, in per cent of the run", () => {
  const { groups } = pictureOf(timelineOf([{ lane: "main", step: "pay", bars: [bar(0, 50), bar(50, 200)] }], 200));

  expect(groups[0]?.lanes[0]?.spans.map(({ left, width }) => [left, width])).toEqual([
    [0, 25],
    [25, 75],
  ]);
});

test("a bar that goes on ends now, and none is too narrow to see or leaves the picture", () => {
  const { groups } = pictureOf(
    timelineOf([{ lane: "left", step: "wait", bars: [bar(100, null), bar(400, 400)] }], null),
  );
  const [lane] = groups[0]?.lanes ?? [];

  expect(lane).toMatchObject({ name: "left / wait" });
  expect(lane?.spans.map(({ left, width }) => [left, width])).toEqual([
    [25, 75],
    [99.6, expect.closeTo(0.4)],
  ]);
});

const call = (outcome: string, from: number, to: number, approval_id: string | null = null) => ({
  seq: 1,
  step: "pay",
  tool: "refund",
  purpose: "step",
  outcome,
  from: at(from),
  to: at(to),
  code: outcome === "refused" ? "PERMISSION_DENIED" : null,
  receipt_id: null,
  times: 1,
  authority: { passed: ["parse"], rules: [{ guard: "permission", rule: "no scope grants it" }], approval_id },
});

test("steps, waits, calls and what let them through are lanes of their own", () => {
  const waiting = { ...bar(50, 150), kind: "approval", category: "APPROVAL" } as const;
  const rows = [{ lane: "main", step: "pay", bars: [bar(0, 50), waiting, bar(150, 200)] }];
  const calls = [
    call("refused", 10, 10),
    call("succeeded", 150, 200, "ap-1"),
    { ...call("succeeded", 5, 6), authority: null },
  ];
  const { groups } = pictureOf({ ...timelineOf(rows, 200), calls }, [
    { approval_id: "ap-1", approved_by: ["ann", "ben"] },
  ]);

  expect(groups.map(({ name, lanes }) => [name, lanes.map((lane) => `${lane.name} ${lane.spans.length}`)])).toEqual([
    ["steps", ["pay 2"]],
    ["waits", ["pay 1"]],
    ["calls", ["refund 3"]],
    ["authority", ["refused by permission 1", "ann and ben 1"]],
  ]);
});

test("what happened to a run's owners is marked by kind, each with its words", () => {
  const mark = (category: "LEASE" | "TAKEOVER" | "APPROVAL", ms: number, severity = "INFO") => ({
    occurred_at: at(ms),
    category,
    event_type: "LEASE_TAKEOVER",
    severity,
    reason_code: null,
    summary: `${category} at ${ms}`,
    times: 1,
    correlation: { task_id: "t", run_id: "r", step_id: null, event_id: null, event_type: null, occurred_at: at(ms) },
    payload: {},
  });
  const marks = [mark("LEASE", 50), mark("TAKEOVER", 100, "WARN"), mark("APPROVAL", 100)];
  const { groups } = pictureOf({ ...timelineOf([], 200), marks });

  expect(groups.map(({ name }) => name)).toEqual(["owners"]);
  expect(groups[0]?.lanes.map(({ name, spans }) => [name, spans[0]?.left, spans[0]?.severity, spans[0]?.says])).toEqual(
    [
      ["leases", 25, "info", "LEASE at 50"],
      ["takeovers", 50, "warning", "TAKEOVER at 100"],
    ],
  );
});

test("an effect says who let it through: people by name, or the guards alone", () => {
  expect(letThroughBy(call("succeeded", 0, 1, "ap-1"), [{ approval_id: "ap-1", approved_by: ["ann"] }])).toBe("ann");
  expect(letThroughBy(call("succeeded", 0, 1, "ap-2"), [])).toBe("an approval");
  expect(letThroughBy(call("succeeded", 0, 1), [])).toBe("the guards alone");
});

test("a bar that stands for many says how many", () => {
  const bars = [{ ...bar(0, 5_000), times: 5_000 }];
  const { groups } = pictureOf(timelineOf([{ lane: "main", step: "poll", bars }], 5_000));

  expect(groups[0]?.lanes[0]?.spans[0]?.says).toBe("5000 × working, attempt 1");
});

test("an event's authority is what its call passed, and what guards said", () => {
  const call = {
    tool: "refund",
    outcome: "succeeded",
    authority: { passed: "parse contract", rules: { permission: "the scope grants `refund`" } },
  };

  expect(authorityOf({ payload: { call } })).toEqual({
    tool: "refund",
    outcome: "succeeded",
    passed: ["parse", "contract"],
    rules: [["permission", "the scope grants `refund`"]],
  });
  expect(authorityOf({ payload: null })).toBeNull();
});
