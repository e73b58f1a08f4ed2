import { describe, expect, test } from "vitest";
import type { RunEvent } from "./events.ts";
import { replay } from "./replay.ts";
import { Driver, START } from "./testing/driver.ts";
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
      equal: true,
      document_sha256: ended?.type === "run.ended" ? ended.payload.document_sha256 : "",
      receipts: ["receipt:a", "receipt:b"],
    });
  });

  test("P1-T15 compares an unfinished recording as far as it goes", () => {
    const run = new Driver(workflow, BOUNDS).succeed("a", { n: 5 });

    expect(replay(workflow, BOUNDS, recorded(run.events))).toMatchObject({ equal: true, state: run.state });
  });

  test("names the branch that a changed output would have taken otherwise", () => {
    const patch = [{ op: "add", path: "/a", value: { n: 1 } }];

    const result = replay(workflow, BOUNDS, recorded(tampered("step.succeeded", { patch })));

    expect(result).toMatchObject({
      equal: false,
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

    expect(result).toMatchObject({ equal: false, first: { seq: 5, expected: { type: "run.ended" } } });
  });

  test("refuses an answer to a call that the run never made", () => {
    const events = recording();
    const twice = [...events.slice(0, 3), ...events.slice(1, 2), ...events.slice(3)];

    expect(replay(workflow, BOUNDS, recorded(twice))).toMatchObject({
      equal: false,
      first: { seq: 4, found: null },
    });
  });

  test("names a transition that the recording leaves out at its end", () => {
    expect(replay(workflow, BOUNDS, recorded(recording().slice(0, 2)))).toMatchObject({
      equal: false,
      first: { seq: 3, expected: null, found: { type: "branch.taken" } },
    });
  });

  test("finds a workflow that would decide otherwise", () => {
    const changed = workflowOf([
      reserving("a", 1, { next_step: "large" }),
      { id: "large", type: "BRANCH", condition: "$.a.n > 9", if_true: "b", if_false: null },
      tool("b"),
    ]);

    expect(replay(changed, BOUNDS, recorded(recording()))).toMatchObject({ equal: false, first: { seq: 3 } });
  });

  test("finds bounds that would have ended the run", () => {
    const bounds = { ...BOUNDS, max_steps_per_run: 2 };

    expect(replay(workflow, bounds, recorded(recording()))).toMatchObject({
      equal: false,
      first: { seq: 4, found: { type: "bound.reached" } },
    });
  });

  test("refuses what does not begin with the start of a run", () => {
    expect(replay(workflow, BOUNDS, recorded(recording().slice(1)))).toMatchObject({
      equal: false,
      first: { seq: 1 },
    });
    expect(replay(workflow, BOUNDS, [])).toMatchObject({ equal: false });
  });
});

describe("how far a replay came from the record", () => {
  const branches = workflowOf([
    { id: "both", type: "PARALLEL", parallel_steps: ["x", "y"], next_step: "b" },
    { id: "x", type: "BRANCH", condition: "true", if_true: null, if_false: null },
    { id: "y", type: "BRANCH", condition: "true", if_true: null, if_false: null },
    tool("b"),
  ]);
  const played = (events: readonly RunEvent[], on = workflow) => replay(on, BOUNDS, recorded(events));
  const changed = (b: Parameters<typeof tool>[1], bounds = BOUNDS) =>
    replay(
      workflowOf([
        reserving("a", 1, { next_step: "large" }),
        { id: "large", type: "BRANCH", condition: "$.a.n > 3", if_true: "b", if_false: null },
        tool("b", b),
      ]),
      bounds,
      recorded(recording()),
      { madeBy: workflow },
    );

  test("D0 nothing differs", () => {
    expect(played(recording())).toMatchObject({ equal: true, drift: "D0", first: null, drifts: { D0: 5 } });
  });

  test("D1 a text, a time or a count of tokens differs, and the replay goes on", () => {
    const run = new Driver(workflow, BOUNDS).fail("a", "GONE").events;
    const events: RunEvent[] = JSON.parse(JSON.stringify(run).replaceAll("the run failed", "it failed"));
    const failing = events.findIndex(({ type }) => type === "run.failing");
    const text = JSON.stringify(events[failing]).replace(/"message":"[^"]*"/, '"message":"other words"');

    const result = played(events.with(failing, JSON.parse(text)));

    expect(result).toMatchObject({
      equal: true,
      drift: "D1",
      drifts: { D1: 1 },
      first: { drift: "D1", steps: ["payload", "message"], values: { expected: "other words", actual: "GONE" } },
    });
  });

  test("D2 branches of one step took their turns in another order", () => {
    const events = new Driver(branches, BOUNDS).succeed("b").events;
    const at = events.findIndex(({ type }) => type === "branch.taken");
    const swapped = [...events.slice(0, at), ...events.slice(at, at + 2).reverse(), ...events.slice(at + 2)];
    expect(swapped).not.toEqual(events);

    expect(played(swapped, branches)).toMatchObject({ equal: true, drift: "D2", first: { drift: "D2", seq: at + 1 } });
  });

  test("D3 another version of a tool gave the same output", () => {
    const stored: RunEvent[] = JSON.parse(
      JSON.stringify(recording()).replaceAll('{"tool":"reserve"}', '{"tool":"reserve","version":"0.9.0"}'),
    );

    expect(played(stored)).toMatchObject({
      equal: true,
      drift: "D3",
      first: { steps: ["payload", "call", "version"], values: { expected: "0.9.0", actual: "1.0.0" } },
    });
  });

  test("D4 an output differs", () => {
    const patch = [{ op: "add", path: "/a", value: { n: 6 } }];

    expect(played(tampered("step.succeeded", { patch }))).toMatchObject({
      equal: false,
      drift: "D4",
      first: { seq: 5, steps: ["payload", "document_sha256"] },
    });
  });

  test("D5 another branch is taken", () => {
    expect(played(tampered("branch.taken", { taken: false, next: null }))).toMatchObject({
      equal: false,
      drift: "D5",
      first: { seq: 3, steps: ["payload", "next"], values: { expected: null, actual: "b" } },
    });
  });

  test("D6 another tool would be called, or the same one with other arguments", () => {
    const other: RunEvent[] = JSON.parse(
      JSON.stringify(recording()).replace('"call":{"tool":"reserve"}', '"call":{"tool":"look"}'),
    );

    expect(played(other)).toMatchObject({
      equal: false,
      drift: "D6",
      first: { seq: 2, steps: ["payload", "call", "tool"], values: { expected: "look", actual: "reserve" } },
    });
    expect(changed({ tool_input_mapping: { id: "other" } })).toMatchObject({
      equal: false,
      drift: "D6",
      first: { seq: 4, steps: ["payload", "call", "input", "id"], values: { expected: null, actual: "other" } },
    });
  });

  test("D7 a bound would end it, or a person would be asked", () => {
    expect(changed({}, { ...BOUNDS, max_steps_per_run: 2 })).toMatchObject({ equal: false, drift: "D7" });
    expect(changed({ hitl_required: true })).toMatchObject({
      equal: false,
      drift: "D7",
      first: { seq: 4, steps: ["payload", "call", "approval_asked"] },
    });
  });

  test("D8 the recorded history could not have happened", () => {
    const signal = { signal_id: "s", event_type: "parcel.sent", entity_id: null, payload: {} };
    const [start, ...rest] = recording();
    const told: RunEvent = { type: "signal.received", at: START, step: null, severity: "info", payload: signal };

    expect(played(start === undefined ? [] : [start, told, ...rest])).toMatchObject({ equal: false, drift: "D8" });
    expect(played(rest)).toMatchObject({ equal: false, drift: "D8", first: { seq: 1 } });
  });
});
