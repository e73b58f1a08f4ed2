import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ASSERTION_IDS,
  holds,
  momentsOf,
  playMoment,
  playScenario,
  SCENARIOS,
  type Scenario,
  type ScenarioResult,
} from "../../src/chaos/index.ts";
import { assert } from "../../src/contracts/index.ts";
import { MUTANTS } from "./mutants.ts";
import { openTestWorld, type TestWorld } from "./world.ts";

let opened: TestWorld;
beforeAll(async () => {
  opened = await openTestWorld();
});
afterAll(() => opened.close());

const EVERY = 4;

/**
 * What a history does is decided by its seed, not by the release of PostgreSQL: the embedded one plays every moment, a server
 * each fourth, and all of a scenario of few.
 */
function playedHere(scenario: Scenario, first: number): readonly number[] {
  const isWhole = process.env.COUNTERMARK_TEST_DATABASE === "embedded" || scenario.moments <= EVERY;
  return momentsOf(scenario).filter((moment) => isWhole || moment % EVERY === first % EVERY);
}

/** A quarter in which a scenario does not come about shows nothing: then all of it is played. */
async function played(scenario: Scenario): Promise<ScenarioResult> {
  const quarter = await playScenario(opened.world, scenario, 1, playedHere(scenario, EVERY));
  return quarter.passed || quarter.violations.length > 0 ? quarter : playScenario(opened.world, scenario, 1);
}

/** The race is played in a test of its own, which says more of each history. */
const PLAYED = SCENARIOS.filter(({ id }) => id !== "dual-successor-race").map((scenario) => ({
  called: scenario.id === "clock-step-back" ? `RT-807 ${scenario.id}` : scenario.id,
  ...scenario,
}));

test.each(PLAYED)("$called: $title, and every rule holds", { timeout: 600_000 }, async (scenario) => {
  const result = await played(scenario);

  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({
    passed: true,
    checks: { continuity_assertions_met: true, every_history_sound: true, scenario_came_about: true },
  });
});

test("dual-successor-race: in each history one successor wins, others come away, and the winner that slept is fenced", {
  timeout: 600_000,
}, async () => {
  const race = SCENARIOS.find(({ id }) => id === "dual-successor-race");
  assert(race !== undefined, "there is such a scenario");

  for (const moment of playedHere(race, 1)) {
    const { tally, violations } = await playMoment(opened.world, race, { seed: 1, moment });
    expect({ moment, violations }).toEqual({ moment, violations: [] });
    expect(tally).toMatchObject({ takeovers: 2, deaths: 1, refused_writes: 1, effects: 1 });
    expect(tally.lost_races).toBeGreaterThanOrEqual(1);
  }
});

test("CO-1102 for every assertion there is an error that fails it, and every assertion is in some scenario", () => {
  const evaluated = new Set(ASSERTION_IDS);
  const failing = ASSERTION_IDS.filter((id) =>
    MUTANTS.some(({ breaks, fails }) => {
      const violations = fails.map((assertion) => ({ rule: breaks, assertion, message: "" }));
      return !holds(id, { evaluated, violations });
    }),
  );

  expect(failing).toEqual(ASSERTION_IDS);
  expect(new Set(SCENARIOS.flatMap(({ assertions }) => assertions))).toEqual(new Set(ASSERTION_IDS));
});

test.each(["CONT-001", "CONT-002", "CONT-010"] as const)(
  "CONT-009 fails with %s, and CO-1101 without a test of it",
  (part) => {
    const evaluated = new Set(ASSERTION_IDS);
    const violations = [{ rule: "N8", assertion: part, message: "" }] as const;
    const others = new Set(ASSERTION_IDS.filter((id) => id !== part));

    expect(holds("CONT-009", { evaluated, violations })).toBe(false);
    expect(holds("CONT-009", { evaluated: others, violations: [] })).toBe(false);
    expect(holds("CONT-009", { evaluated, violations: [] })).toBe(true);
  },
);
