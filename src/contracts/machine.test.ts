import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Machine, statusMachine, terminalStates, transitionOf } from "./machine.ts";

type Work = "QUEUED" | "CLAIMED" | "RUNNING" | "GATED" | "DONE" | "BLOCKED";

const WORK: Machine<Work> = {
  name: "a work item",
  version: "0.2.0",
  moves: {
    QUEUED: { claim: "CLAIMED", block: "BLOCKED" },
    CLAIMED: { run: "RUNNING", block: "BLOCKED" },
    RUNNING: { gate_pass: "GATED", gate_fail: "BLOCKED", block: "BLOCKED" },
    GATED: { gate_pass: "DONE", gate_fail: "BLOCKED", block: "BLOCKED" },
    DONE: {},
    BLOCKED: {},
  },
};

/** Where a sequence leads, and the reasons for which signals of it were refused. */
function driven(signals: readonly string[]) {
  const refused: unknown[] = [];
  let state: string = "QUEUED";
  for (const signal of signals) {
    const moved = transitionOf(WORK, state, signal);
    if (moved.ok) state = moved.value;
    else refused.push(moved.refusal.details?.reason_code);
  }
  return { state, refused };
}

describe("RT-601 a table of legal moves", () => {
  test.each([
    ["claim, run, gate_pass, gate_pass", "DONE", []],
    ["claim, run, gate_fail", "BLOCKED", []],
    ["block", "BLOCKED", []],
    ["run", "QUEUED", ["STATE.INVALID_TRANSITION.QUEUED.RUN"]],
    ["claim, gate_pass", "CLAIMED", ["STATE.INVALID_TRANSITION.CLAIMED.GATE_PASS"]],
    ["claim, run, gate_pass, run", "GATED", ["STATE.INVALID_TRANSITION.GATED.RUN"]],
    ["claim, run, gate_pass, gate_pass, run", "DONE", ["STATE.INVALID_TRANSITION.DONE.RUN"]],
    ["claim, claim", "CLAIMED", ["STATE.INVALID_TRANSITION.CLAIMED.CLAIM"]],
    ["block, claim", "BLOCKED", ["STATE.INVALID_TRANSITION.BLOCKED.CLAIM"]],
  ])("%s leads to %s", (signals, state, refused) => {
    expect(driven(signals.split(", "))).toEqual({ state, refused });
  });

  test("a state or signal that nobody knows is refused, its name made safe", () => {
    expect(transitionOf(WORK, "toString", "claim")).toMatchObject({ ok: false });
    expect(transitionOf(WORK, "QUEUED", "drop table;")).toMatchObject({
      ok: false,
      refusal: {
        code: "STATE_TRANSITION_ILLEGAL",
        details: { reason_code: "STATE.INVALID_TRANSITION.QUEUED.DROP_TABLE_" },
      },
    });
  });

  test("whatever is signalled, the state stays one of the table and never leaves a terminal one", () => {
    const signals = fc.array(fc.oneof(fc.constantFrom("claim", "run", "gate_pass", "gate_fail", "block"), fc.string()));
    fc.assert(
      fc.property(signals, (sequence) => {
        const { state } = driven(sequence);
        const after = driven([...sequence, "claim", "run", "gate_pass", "block"]);

        expect(Object.keys(WORK.moves)).toContain(state);
        if (terminalStates(WORK).includes(state)) expect(after.state).toBe(state);
      }),
    );
  });
});

test("a machine of statuses takes the states it leads to as signals", () => {
  const door = statusMachine<"OPEN" | "SHUT">({ name: "a door", version: "1" }, { OPEN: ["SHUT"], SHUT: [] });

  expect(transitionOf(door, "OPEN", "SHUT")).toEqual({ ok: true, value: "SHUT" });
  expect(transitionOf(door, "SHUT", "OPEN")).toMatchObject({ ok: false });
  expect(terminalStates(door)).toEqual(["SHUT"]);
});
