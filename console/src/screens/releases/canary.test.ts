import { expect, test } from "vitest";
import { trialsOf } from "./canary.ts";

const promoted = (seq: number, bundle_id: string, canary: object | null) => ({
  seq,
  type: "environment.promoted",
  at: `2026-01-01T00:00:0${seq}.000Z`,
  payload: { bundle_id, canary: canary === null ? null : { ...canary } },
});

const look = (seq: number, end: string, share_percent: number) => ({
  seq,
  type: "environment.canary",
  at: `2026-01-01T00:00:0${seq}.000Z`,
  payload: {
    end,
    share_percent,
    step: 0,
    why: null,
    verdict: "GO",
    runs: 7,
    evaluation_id: "e",
    gates: [{ id: "completion", status: "PASS", value: "7/7", bound: "0.7", rule: ">= 0.9" }],
  },
});

test("looks belong to the trial that they were had in, in their order, the newest trial first", () => {
  const events = [
    look(5, "pass", 100),
    promoted(1, "first", null),
    promoted(2, "second", { baseline_bundle_id: "first" }),
    look(3, "advance", 5),
    promoted(4, "third", { baseline_bundle_id: "second" }),
  ];

  expect(trialsOf(events)).toMatchObject([
    { bundle: "third", baseline: "second", looks: [{ end: "pass", share: 100 }] },
    { bundle: "second", baseline: "first", looks: [{ end: "advance", share: 5, runs: 7, gates: [{ value: "7/7" }] }] },
  ]);
});

test("a look that does not say what it measured has no gates, and nothing breaks", () => {
  const bare = { ...look(2, "hold", 5), payload: { end: "hold" } };

  expect(trialsOf([promoted(1, "a", { baseline_bundle_id: "b" }), bare])[0]?.looks).toMatchObject([
    { end: "hold", share: 0, gates: [] },
  ]);
  expect(trialsOf([bare])).toEqual([]);
});
