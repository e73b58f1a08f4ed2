import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Machine, terminalStates, transitionOf } from "../contracts/index.ts";
import { evolve, initialState } from "./evolve.ts";
import type { RunState } from "./state.ts";
import { RUN_MACHINE, STEP_MACHINE } from "./status-machine.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS } from "./testing/pack.ts";
import { deeds, play, workflows } from "./testing/random.ts";

/** The states of a random run, one after each of its events. */
const histories = fc.record({ workflow: workflows, done: deeds, n: fc.nat(9) }).map(({ workflow, done, n }) => {
  const run = new Driver(workflow, BOUNDS, { n });
  for (const deed of done) play(run, deed);
  const [start, ...rest] = run.wait(0).events;
  if (start?.type !== "run.started") return [];
  const states = [initialState(start)];
  for (const event of rest) states.push(evolve(states.at(-1) ?? initialState(start), event));
  return states;
});

const pairs = (states: readonly RunState[]) =>
  states.slice(1).map((after, index) => [states[index] ?? after, after] as const);

const expectLegal = <S extends string>(machine: Machine<S>, from: string, to: string) =>
  expect(from === to || transitionOf(machine, from, to).ok, `${machine.name} went from ${from} to ${to}`).toBe(true);

describe("whatever happens to a run", () => {
  test("DUR-01 its status never leaves the table, and never leaves a terminal status", () => {
    fc.assert(
      fc.property(histories, (states) => {
        for (const [before, after] of pairs(states)) {
          expectLegal(RUN_MACHINE, before.status, after.status);
          if (before.outcome !== null) expect(after.status).toBe(before.status);
        }
      }),
      { numRuns: 200 },
    );
    for (const ended of ["SUCCEEDED", "FAILED_EXPECTED", "FAILED_UNEXPECTED", "CANCELLED"] as const)
      expect(Object.keys(RUN_MACHINE.moves[ended]), "it is only ever held for a person").toEqual(["BLOCKED"]);
  });

  test("the step that a lane stands at never leaves the table", () => {
    fc.assert(
      fc.property(histories, (states) => {
        for (const [before, after] of pairs(states)) {
          for (const [id, lane] of Object.entries(after.lanes)) {
            const was = before.lanes[id];
            if (was === undefined || (was.step !== lane.step && lane.step !== null) || before.stage !== after.stage)
              continue;
            expectLegal(STEP_MACHINE, was.phase.kind, lane.phase.kind);
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(terminalStates(STEP_MACHINE)).toEqual(["succeeded", "ignored", "cancelled"]);
  });
});

test("DUR-01 a status that nobody knows, or that an ended run would take, is refused with a code", () => {
  for (const [from, to] of [
    ["SUCCEEDED", "RUNNING"],
    ["RUNNING", "PENDING"],
    ["RUNNING", "PAUSED"],
    ["PAUSED", "RUNNING"],
  ] as const) {
    const reason_code = `STATE.INVALID_TRANSITION.${from}.${to}`;
    expect(transitionOf(RUN_MACHINE, from, to)).toMatchObject({
      ok: false,
      refusal: { code: "STATE_TRANSITION_ILLEGAL", details: { reason_code } },
    });
  }
});

test("K-07 a run that has not ended can fail, be cancelled and be blocked wherever it stands, and a blocked one goes on", () => {
  const open = ["PENDING", "RUNNING", "SUSPENDED_HITL", "SUSPENDED_WAIT", "COMPENSATING"] as const;
  for (const from of [...open, "BLOCKED"] as const)
    for (const to of ["FAILED_EXPECTED", "FAILED_UNEXPECTED", "CANCELLED"] as const)
      expect(transitionOf(RUN_MACHINE, from, to)).toEqual({ ok: true, value: to });

  for (const from of open) expect(transitionOf(RUN_MACHINE, from, "BLOCKED")).toEqual({ ok: true, value: "BLOCKED" });
  for (const to of open.slice(1)) expect(transitionOf(RUN_MACHINE, "BLOCKED", to)).toEqual({ ok: true, value: to });
});
