import { digestOf } from "../contracts/index.ts";
import type { Fault } from "./fault-plan.ts";
import { type History, simulate } from "./simulate.ts";
import type { TOOLS_OF } from "./simulation-pack.ts";
import type { SimulationWorld } from "./simulation-world.ts";
import type { Violation } from "./watch.ts";

export type RiskTag =
  | "rotation"
  | "takeover"
  | "stale_lease"
  | "split_brain"
  | "handoff"
  | "approval"
  | "storage"
  | "clock";

/** One thing that may go wrong, played at every moment of a history in which it may matter. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly riskTags: readonly RiskTag[];
  /** Continuity assertions that it must meet. */
  readonly assertions: readonly AssertionId[];
  readonly workers: number;
  /** Workflows of the runs in it. */
  readonly runs: readonly (keyof typeof TOOLS_OF & string)[];
  /** What goes wrong; a history is played for each `moment` from 1 to `moments`. */
  readonly moments: number;
  readonly faults: (moment: number) => readonly Fault[];
  /** What must have come about in at least one of the histories; otherwise the scenario showed nothing. */
  readonly mustShow: readonly (keyof History["tally"])[];
}

/** Continuity assertions that are judged after every step, each by the rule that it is. */
export const ASSERTIONS = {
  "CONT-010": { rule: "N4", predicate: "replayed events are the stored ones, in their order and number" },
  "CONT-012": { rule: "N1", predicate: "at every sequence number there is one owner, and epochs never fall" },
  "CONT-013": { rule: "N2", predicate: "sequence numbers have no gap, ids are unique, the hash chain verifies" },
  "CONT-014": { rule: "N1", predicate: "a stale write is rejected" },
  "CONT-015": { rule: "N4", predicate: "the state rebuilt from events is the stored one" },
  "CONT-016": { rule: "N3", predicate: "a provider does one thing under one key" },
  "CONT-017": { rule: "N5", predicate: "an approval survives a takeover and is answered at most once" },
} as const satisfies { readonly [id: string]: { readonly rule: Violation["rule"]; readonly predicate: string } };

export type AssertionId = keyof typeof ASSERTIONS;

export const ASSERTION_IDS = Object.keys(ASSERTIONS).filter((id): id is AssertionId => id in ASSERTIONS);

/** What a scenario came to. Wire form. */
export interface ScenarioResult {
  readonly scenario_id: string;
  readonly risk_tags: readonly RiskTag[];
  readonly histories: number;
  /** How often what the scenario is about came about. */
  readonly tally: History["tally"];
  readonly continuity_assertion_results: { readonly [id: string]: boolean };
  readonly checks: {
    readonly continuity_assertions_met: boolean;
    readonly every_history_sound: boolean;
    readonly scenario_came_about: boolean;
  };
  readonly violations: readonly Violation[];
  /** Digest of all its histories. */
  readonly history: string;
  readonly passed: boolean;
}

const NOTHING: History["tally"] = {
  takeovers: 0,
  deaths: 0,
  refused_writes: 0,
  lost_races: 0,
  approvals: 0,
  effects: 0,
  events: 0,
};

/** Plays a scenario at each of its moments. */
export async function playScenario(world: SimulationWorld, scenario: Scenario, seed: number): Promise<ScenarioResult> {
  const { moments } = scenario;
  const violations: Violation[] = [];
  const hashes: string[] = [];
  let tally = NOTHING;
  for (let moment = 1; moment <= moments; moment++) {
    const history = await playMoment(world, scenario, { seed, moment });
    violations.push(...history.violations);
    hashes.push(history.hash);
    tally = added(tally, history.tally);
  }
  return judged(scenario, { tally, violations, history: digestOf(hashes), histories: moments });
}

/** Plays the history of one of its moments. */
export function playMoment(
  world: SimulationWorld,
  { workers, runs, faults }: Scenario,
  { seed, moment }: { readonly seed: number; readonly moment: number },
): Promise<History> {
  return simulate(world, { seed, workers, runs, faults: faults(moment) });
}

function judged(
  { id, riskTags, assertions, mustShow }: Scenario,
  seen: Pick<ScenarioResult, "tally" | "violations" | "history" | "histories">,
): ScenarioResult {
  const results = Object.fromEntries(assertions.map((assertion) => [assertion, holds(assertion, seen.violations)]));
  const checks = {
    continuity_assertions_met: Object.values(results).every(Boolean),
    every_history_sound: seen.violations.length === 0,
    scenario_came_about: mustShow.every((what) => seen.tally[what] > 0),
  };
  return {
    scenario_id: id,
    risk_tags: riskTags,
    ...seen,
    continuity_assertion_results: results,
    checks,
    passed: Object.values(checks).every(Boolean),
  };
}

/** Whether an assertion holds where these rules were broken. */
export const holds = (assertion: AssertionId, violations: readonly Pick<Violation, "rule">[]): boolean =>
  violations.every(({ rule }) => rule !== ASSERTIONS[assertion].rule);

const added = (left: History["tally"], right: History["tally"]): History["tally"] => ({
  takeovers: left.takeovers + right.takeovers,
  deaths: left.deaths + right.deaths,
  refused_writes: left.refused_writes + right.refused_writes,
  lost_races: left.lost_races + right.lost_races,
  approvals: left.approvals + right.approvals,
  effects: left.effects + right.effects,
  events: left.events + right.events,
});
