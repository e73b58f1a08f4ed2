import { afterAll, beforeAll, expect, test } from "vitest";
import { FAULT_KINDS, type Fault, faultPlan, type History, simulate } from "../../src/chaos/index.ts";
import { CRASH_POINTS } from "../../src/worker/index.ts";
import { openTestWorld, type TestWorld } from "./world.ts";

let opened: TestWorld;
beforeAll(async () => {
  opened = await openTestWorld();
});
afterAll(() => opened.close());

const TIMEOUT = 300_000;

const play = (seed: number, faults: readonly Fault[], workers = 3): Promise<History> =>
  simulate(opened.world, { seed, faults, workers });

test("six runs on three workers end right when nothing goes wrong", { timeout: TIMEOUT }, async () => {
  const history = await play(1, []);

  expect(history.violations).toEqual([]);
  expect(history.steps).toBeGreaterThan(100);
});

test("the same seed gives the same history, whatever was played before it; another seed gives another", {
  timeout: TIMEOUT,
}, async () => {
  const faults = faultPlan(6, FAULT_KINDS);
  const first = await play(6, faults);
  const other = await play(7, faultPlan(7, FAULT_KINDS));
  const second = await play(6, faults);

  expect(second.hash).toBe(first.hash);
  expect(second.steps).toBe(first.steps);
  expect(other.hash).not.toBe(first.hash);
});

test.each(CRASH_POINTS)(
  "P1-D16 workers that die %s, each time they come there, lose no run and repeat no effect",
  {
    timeout: TIMEOUT,
  },
  async (point) => {
    const faults = [1, 2, 3, 4].map((nth): Fault => ({ kind: "crash", point, nth }));

    const history = await play(11, faults);

    expect(history.violations).toEqual([]);
  },
);

test("twelve seeds with every kind of fault break no rule", { timeout: TIMEOUT }, async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const faults = faultPlan(seed, FAULT_KINDS);
    const { violations } = await play(seed, faults);
    expect({ seed, violations }).toEqual({ seed, violations: [] });
  }
});
