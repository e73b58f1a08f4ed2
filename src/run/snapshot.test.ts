import fc from "fast-check";
import { expect, test } from "vitest";
import { readSnapshot, snapshotText } from "./snapshot.ts";
import { Driver } from "./testing/driver.ts";
import { BOUNDS } from "./testing/pack.ts";
import { deeds, play, workflows } from "./testing/random.ts";

const states = fc.record({ workflow: workflows, done: deeds, n: fc.nat(9) }).map(({ workflow, done, n }) => {
  const run = new Driver(workflow, BOUNDS, { n });
  for (const deed of done) play(run, deed);
  return run.state;
});

test("a snapshot gives the state back, and CO-440 one in which any character was changed gives none", () => {
  fc.assert(
    fc.property(states, fc.nat(), (state, at) => {
      const text = snapshotText(state);
      const place = at % text.length;
      const other = text[place] === "x" ? "y" : "x";

      expect(readSnapshot(text)).toEqual(JSON.parse(JSON.stringify(state)));
      expect(readSnapshot(text.slice(0, place) + other + text.slice(place + 1))).toBeNull();
    }),
  );
});
