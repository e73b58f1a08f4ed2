import fc from "fast-check";
import { expect, test } from "vitest";
import { terminalStates, transitionOf } from "../contracts/index.ts";
import { CHANGE_MACHINE } from "./change-machine.ts";

const STATES = Object.keys(CHANGE_MACHINE.moves);

/** The states that a sequence of signals goes through, illegal ones left out as they change nothing. */
function path(signals: readonly string[]): readonly string[] {
  const passed = ["RECEIVED"];
  for (const signal of signals) {
    const moved = transitionOf(CHANGE_MACHINE, passed.at(-1) ?? "", signal);
    if (moved.ok) passed.push(moved.value);
  }
  return passed;
}

test("TX-3 whatever is signalled, nothing is applied that was not approved after its last preview", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...STATES), { maxLength: 200 }), (signals) => {
      const passed = path(signals);
      for (const [index, state] of passed.entries()) {
        if (state !== "APPLYING") continue;
        const before = passed.slice(0, index);
        expect(before.at(-1)).toBe("APPROVED");
        expect(before.lastIndexOf("APPROVAL_PENDING")).toBeGreaterThan(before.lastIndexOf("PREVIEWING"));
      }
    }),
    { numRuns: 500 },
  );
});

test("TX-4 what is rolled back, rejected or failed for good stays so; every other state has a way on", () => {
  expect(terminalStates(CHANGE_MACHINE)).toEqual(["ROLLED_BACK", "REJECTED", "FAILED_TERMINAL"]);
});

test("the table has the 23 moves between states that a change may make, and every other one is refused with a code", () => {
  const all = STATES.flatMap((from) => STATES.map((to) => transitionOf(CHANGE_MACHINE, from, to)));

  expect(all.filter(({ ok }) => ok)).toHaveLength(23);
  for (const moved of all) if (!moved.ok) expect(moved.refusal.code).toBe("STATE_TRANSITION_ILLEGAL");
});
