import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalText, isJson } from "../contracts/index.ts";
import type { RunEvent } from "./events.ts";
import { foldRun } from "./evolve.ts";
import { replay } from "./replay.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS } from "./testing/pack.ts";
import { type Deed, deeds, play, workflows } from "./testing/random.ts";

/** Every random run comes to its end within so many further deeds, once the world only answers well. */
const FINISHING_MAX = 400;
const RUNS = { numRuns: 200 };

const histories = fc.record({ workflow: workflows, done: deeds, n: fc.nat(9), steps: fc.integer({ min: 2, max: 30 }) });

function played({ workflow, done, n, steps }: typeof histories extends fc.Arbitrary<infer H> ? H : never): Driver {
  const run = new Driver(workflow, { ...BOUNDS, max_steps_per_run: steps }, { n });
  for (const deed of done) play(run, deed);
  return run.wait(0);
}

/** The world's best behaviour, with time passing: what is left then must end. */
function finish(run: Driver): void {
  const kindly: readonly Deed[] = [
    { what: 10, which: 0, n: 9 },
    { what: 10, which: 0, n: 9 },
    { what: 3, which: 0, n: 9 },
    { what: 7, which: 0, n: 9 },
    { what: 1, which: 0, n: 9 },
  ];
  for (let turn = 0; turn < FINISHING_MAX && run.state.outcome === null; turn += 1) {
    for (const deed of kindly) if (run.state.outcome === null) play(run, deed);
  }
}

const recorded = (events: readonly RunEvent[]) => events.map((event, index) => ({ seq: index + 1, event }));

const countOf = (run: Driver, type: RunEvent["type"], step: string): number =>
  run.events.filter((event) => event.type === type && event.step === step).length;

describe("every run", () => {
  test("RT-712 is the fold of its events, also after they went through storage", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);

        const stored: RunEvent[] = JSON.parse(JSON.stringify(run.events));

        expect(foldRun(run.events)).toEqual(run.state);
        expect(foldRun(stored)).toEqual(run.state);
        expect(isJson(run.state)).toBe(true);
      }),
      RUNS,
    );
  });

  test("ends, with an outcome that fits its status", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);
        finish(run);

        expect(run.state.outcome).not.toBeNull();
        expect(run.calls).toEqual([]);
        expect(run.last).toMatchObject({ ended: true, wake: null, ask: null });
        expect(run.types.filter((type) => type === "run.ended")).toHaveLength(1);
      }),
      RUNS,
    );
  });

  test("undoes a completed step at most once, and none that it was not to undo", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);
        finish(run);

        for (const [step, { status }] of Object.entries(run.state.steps)) {
          expect(countOf(run, "compensation.succeeded", step)).toBe(status === "compensated" ? 1 : 0);
        }
      }),
      RUNS,
    );
  });

  test("leaves nothing that should have been undone when it says that it failed as expected or was cancelled", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);
        finish(run);

        const { status, failure, steps } = run.state;
        const isClean = (status === "CANCELLED" || status === "FAILED_EXPECTED") && failure?.rollback === true;
        const kept = Object.entries(steps).filter(
          ([step, { status }]) => status === "succeeded" && history.workflow.steps[step]?.undo != null,
        );

        expect(isClean ? kept : []).toEqual([]);
      }),
      RUNS,
    );
  });

  test("P1-T15 replays to the same state hash and receipts, as far as it got", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);

        const again = replay(history.workflow, run.bounds, recorded(run.events));

        expect(again).toMatchObject({ equal: true, state: run.state });
      }),
      RUNS,
    );
  });

  test("is decided alike from a snapshot whose members come back in another order", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const run = played(history);
        const text = canonicalText(JSON.parse(JSON.stringify(run.state)));

        run.state = JSON.parse(text);
        run.crash();
        const calls = run.calls;
        finish(run);

        const straight = played(history).crash();
        expect(calls).toEqual(straight.calls);
        finish(straight);
        expect(straight.types).toEqual(run.types);
      }),
      { numRuns: 80 },
    );
  });
});
