import { expect, test } from "vitest";
import type { RunTimeline } from "../../api/wire.ts";
import { authorityOf, pictureOf } from "./timeline.ts";

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
  }) as const;

const timelineOf = (rows: RunTimeline["rows"], ended: number | null) => ({
  rows,
  started_at: at(0),
  ended_at: ended === null ? null : at(ended),
  generated_at: at(400),
});

test("bars stand where they happened, in per cent of the run", () => {
  const { lanes } = pictureOf(timelineOf([{ lane: "main", step: "pay", bars: [bar(0, 50), bar(50, 200)] }], 200));

  expect(lanes[0]?.spans.map(({ left, width }) => [left, width])).toEqual([
    [0, 25],
    [25, 75],
  ]);
});

test("a bar that goes on ends now, and none is too narrow to see or leaves the picture", () => {
  const { lanes } = pictureOf(
    timelineOf([{ lane: "left", step: "wait", bars: [bar(100, null), bar(400, 400)] }], null),
  );

  expect(lanes[0]).toMatchObject({ name: "left / wait" });
  expect(lanes[0]?.spans.map(({ left, width }) => [left, width])).toEqual([
    [25, 75],
    [99.6, expect.closeTo(0.4)],
  ]);
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
