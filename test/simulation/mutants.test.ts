import { afterAll, beforeAll, expect, test } from "vitest";
import { type Fault, faultPlan, type Play, shrink, simulate } from "../../src/chaos/index.ts";
import { assert } from "../../src/contracts/index.ts";
import { infect, MUTANTS, type Mutant } from "./mutants.ts";
import { openTestWorld, type TestWorld } from "./world.ts";

let opened: TestWorld;
beforeAll(async () => {
  opened = await openTestWorld();
});
afterAll(() => opened.close());

/** Seeds within which each error must be found. The sound program passes them: see `simulate.test.ts`. */
const SEEDS_MAX = 40;
const TIMEOUT = 900_000;

const playOf = ({ runs, faults }: Mutant, seed: number): Play => ({
  seed,
  faults: typeof faults === "function" ? faults(seed) : faultPlan(seed, faults),
  workers: 3,
  runs,
});

/** The first seed whose history breaks a rule, and the rules broken; null where all hold. */
async function found(mutant: Mutant): Promise<{ readonly seed: number; readonly rules: readonly string[] } | null> {
  const { database } = opened.world;
  const cure = await infect(database.owner, mutant);
  try {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { violations } = await simulate(opened.world, playOf(mutant, seed));
      if (violations.length > 0) return { seed, rules: violations.map(({ rule }) => rule) };
    }
    return null;
  } finally {
    await cure();
  }
}

test.each(MUTANTS)("a simulation finds that $name", { timeout: TIMEOUT }, async (mutant) => {
  const broken = await found(mutant);

  expect(broken?.rules).toContain(mutant.breaks);
});

test("the fewest faults that still break a rule are looked for, and break it again", { timeout: TIMEOUT }, async () => {
  const { world } = opened;
  const mutant = MUTANTS.find(({ name }) => name === "a takeover does not raise the epoch");
  assert(mutant !== undefined, "there is such a mutant");
  const cure = await infect(world.database.owner, mutant);
  const pauses = [20, 40, 60].map((statement): Fault => ({ kind: "pause", statement, moment: "after", ms: 9_000 }));
  const script = { ...playOf(mutant, 1), faults: [...pauses, ...CRASHES] };

  const shrunk = await shrink(world, { script, history: await simulate(world, script) });
  const again = await simulate(world, shrunk.script);
  await cure();

  expect(shrunk.script.faults.length).toBeLessThan(script.faults.length);
  expect(again.violations).toEqual(shrunk.history.violations);
  expect(again.violations).not.toEqual([]);
});

/** Whoever makes an intent first dies of it, three times. */
const CRASHES = [1, 2, 3].map((nth): Fault => ({ kind: "crash", point: "after_intent", nth }));
