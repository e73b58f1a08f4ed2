import { expect, test } from "vitest";
import type { Run, RunTimeline, RunWorkflow } from "../../api/wire.ts";
import { pictureOfPath, placesOf } from "./path.ts";

const step = (id: string): RunWorkflow["steps"][number] => ({
  id,
  type: "TOOL",
  about: `${id}Tool`,
  side_effect_level: "READ",
  undone_by: null,
});

const WORKFLOW: RunWorkflow & Pick<RunTimeline, "moves"> = {
  workflow_id: "W",
  name: "W",
  pack_digest: "d",
  entry: "look",
  steps: [step("look"), step("choose"), step("pay"), step("tell"), step("mend")],
  ways: [
    { from: "look", to: "choose", when: "next" },
    { from: "choose", to: "pay", when: "true" },
    { from: "choose", to: "look", when: "false" },
    { from: "pay", to: "tell", when: "next" },
    { from: "pay", to: "mend", when: "failure" },
  ],
  moves: [
    { from: null, to: "look", times: 1 },
    { from: "look", to: "choose", times: 3 },
    { from: "choose", to: "look", times: 2 },
    { from: "choose", to: "pay", times: 1 },
  ],
};

const done = { status: "succeeded", lane: "main", order: 1, attempts: 1, receipt_id: null } as const;
const lane = (phase: Run["lanes"][number]["phase"]): Run["lanes"][number] => ({
  lane: "main",
  step: "pay",
  phase,
  attempt: 1,
  until: null,
  approval_id: null,
  event_type: null,
  code: null,
});

const looks = (run: Parameters<typeof placesOf>[1]) => placesOf(WORKFLOW, run).map(({ look }) => look.label);

test("each step says how the run stands to it, in words and not by colour alone", () => {
  expect(looks({ steps: { look: done }, lanes: [lane("approval")] })).toEqual([
    "succeeded",
    "passed",
    "awaits approval",
    "not reached",
    "not reached",
  ]);
  expect(looks({ steps: { look: done, pay: { ...done, status: "compensated" } }, lanes: [] })[2]).toBe("undone");
  expect(placesOf(WORKFLOW, { steps: {}, lanes: [] })[0]?.says).toBe("look: tool lookTool, passed, 3 times");
});

test("the ways that the run took stand out, with how often; those of failures stand aside", () => {
  const { nodes, edges } = pictureOfPath(WORKFLOW, placesOf(WORKFLOW, { steps: {}, lanes: [lane("ready")] }));

  expect(nodes.map(({ isOnPath }) => isOnPath)).toEqual([true, true, true, false, false]);
  expect(edges.map(({ isOnPath, label }) => [isOnPath, label])).toEqual([
    [true, "3×"],
    [true, "yes"],
    [true, "no 2×"],
    [false, undefined],
    [false, "failed"],
  ]);
  expect(edges.map(({ isAside }) => isAside)).toEqual([false, false, false, false, true]);
});
