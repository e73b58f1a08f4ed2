import { describe, expect, test } from "vitest";
import type { RunEvent } from "./events.ts";
import { replay } from "./replay.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS, reserving, tool, workflowOf } from "./testing/pack.ts";

const workflow = workflowOf([
  reserving("a", 1, { next_step: "large" }),
  { id: "large", type: "BRANCH", condition: "$.a.n > 3", if_true: "b", if_false: null },
  tool("b"),
]);

const recorded = (events: readonly RunEvent[]) => events.map((event, index) => ({ seq: index + 1, event }));

const recording = () => new Driver(workflow, BOUNDS).wait(500).succeed("a", { n: 5 }).wait(1200).succeed("b").events;

/** The recording with one event changed by hand. */
function tampered(type: RunEvent["type"], change: object): readonly RunEvent[] {
  const stored: RunEvent[] = JSON.parse(JSON.stringify(recording()));
  const index = stored.findIndex((event) => event.type === type);
  const text = JSON.stringify({ ...stored[index], payload: { ...stored[index]?.payload, ...change } });
  return stored.with(index, JSON.parse(text));
}

describe("P1-T15 replay", () => {
  test("P1-T15 gives the recorded hash and receipts, and calls nothing", () => {
    const events = recording();

    const result = replay(workflow, BOUNDS, recorded(events));

    const ended = events.at(-1);
    expect(ended?.type === "run.ended" && ended.payload.document_sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(result).toMatchObject({
      identical: true,
      document_sha256: ended?.type === "run.ended" ? ended.payload.document_sha256 : "",
      receipts: ["receipt:a", "receipt:b"],
    });
  });

  test("P1-T15 compares an unfinished recording as far as it goes", () => {
    const run = new Driver(workflow, BOUNDS).succeed("a", { n: 5 });

    expect(replay(workflow, BOUNDS, recorded(run.events))).toMatchObject({ identical: true, state: run.state });
  });

  test("names the branch that a changed output would have taken otherwise", () => {
    const patch = [{ op: "add", path: "/a", value: { n: 1 } }];

    const result = replay(workflow, BOUNDS, recorded(tampered("step.succeeded", { patch })));

    expect(result).toMatchObject({
      identical: false,
      first: {
        code: "REPLAY_MISMATCH",
        seq: 3,
        expected: { type: "branch.taken" },
        found: { payload: { taken: false } },
      },
    });
  });

  test("names the sealed end when a changed output decided nothing", () => {
    const patch = [{ op: "add", path: "/a", value: { n: 6 } }];

    const result = replay(workflow, BOUNDS, recorded(tampered("step.succeeded", { patch })));

    expect(result).toMatchObject({ identical: false, first: { seq: 5, expected: { type: "run.ended" } } });
  });

  test("refuses an answer to a call that the run never made", () => {
    const events = recording();
    const twice = [...events.slice(0, 3), ...events.slice(1, 2), ...events.slice(3)];

    expect(replay(workflow, BOUNDS, recorded(twice))).toMatchObject({
      identical: false,
      first: { seq: 4, found: null },
    });
  });

  test("names a transition that the recording leaves out at its end", () => {
    expect(replay(workflow, BOUNDS, recorded(recording().slice(0, 2)))).toMatchObject({
      identical: false,
      first: { seq: 3, expected: null, found: { type: "branch.taken" } },
    });
  });

  test("finds a workflow that would decide otherwise", () => {
    const changed = workflowOf([
      reserving("a", 1, { next_step: "large" }),
      { id: "large", type: "BRANCH", condition: "$.a.n > 9", if_true: "b", if_false: null },
      tool("b"),
    ]);

    expect(replay(changed, BOUNDS, recorded(recording()))).toMatchObject({ identical: false, first: { seq: 3 } });
  });

  test("finds bounds that would have ended the run", () => {
    const bounds = { ...BOUNDS, max_steps_per_run: 2 };

    expect(replay(workflow, bounds, recorded(recording()))).toMatchObject({
      identical: false,
      first: { seq: 4, found: { type: "bound.reached" } },
    });
  });

  test("refuses what does not begin with the start of a run", () => {
    expect(replay(workflow, BOUNDS, recorded(recording().slice(1)))).toMatchObject({
      identical: false,
      first: { seq: 1 },
    });
    expect(replay(workflow, BOUNDS, [])).toMatchObject({ identical: false });
  });
});
