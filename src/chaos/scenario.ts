import { digestOf } from "../contracts/index.ts";
import { type AssertionId, holds, type Violation } from "./assertions.ts";
import type { Fault } from "./fault-plan.ts";
import { type History, simulate } from "./simulate.ts";
import type { TOOLS_OF } from "./simulation-pack.ts";
import type { SimulationWorld } from "./simulation-world.ts";
import type { ToldTakeover } from "./takeover-watch.ts";

export type RiskTag =
  | "rotation"
  | "takeover"
  | "stale_lease"
  | "split_brain"
  | "handoff"
  | "approval"
  | "storage"
  | "clock"
  | "corruption";

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
  /** The last takeover on record. */
  readonly takeover: ToldTakeover | null;
  /** Entries of runs that were decided again to the same. */
  readonly replayed: number;
  /** Digest of all its histories. */
  readonly history: string;
  /** Digest of how all their runs stood in the end. */
  readonly state: string;
  readonly passed: boolean;
}

export const NOTHING: History["tally"] = {
  takeovers: 0,
  deaths: 0,
  refused_writes: 0,
  lost_races: 0,
  approvals: 0,
  effects: 0,
  events: 0,
};

/** The moments of a scenario, from 1. */
export const momentsOf = ({ moments }: Pick<Scenario, "moments">): readonly number[] =>
  Array.from({ length: moments }, (_, index) => index + 1);

/** Plays a scenario at each of its moments, or at those chosen. */
export async function playScenario(
  world: SimulationWorld,
  scenario: Scenario,
  seed: number,
  moments: readonly number[] = momentsOf(scenario),
): Promise<ScenarioResult> {
  const histories: History[] = [];
  for (const moment of moments) histories.push(await playMoment(world, scenario, { seed, moment }));
  return judged(scenario, histories);
}

/** Plays the history of one of its moments. */
export function playMoment(
  world: SimulationWorld,
  { workers, runs, faults }: Scenario,
  { seed, moment }: { readonly seed: number; readonly moment: number },
): Promise<History> {
  return simulate(world, { seed, workers, runs, faults: faults(moment) });
}

function judged({ id, riskTags, assertions, mustShow }: Scenario, histories: readonly History[]): ScenarioResult {
  const violations = histories.flatMap((each) => each.violations);
  const evaluated = new Set(histories.flatMap((each) => [...each.evaluated]));
  const tally = histories.reduce((sum, each) => added(sum, each.tally), NOTHING);
  const results = Object.fromEntries(assertions.map((each) => [each, holds(each, { evaluated, violations })]));
  const checks = {
    continuity_assertions_met: Object.values(results).every(Boolean),
    every_history_sound: violations.length === 0,
    scenario_came_about: mustShow.every((what) => tally[what] > 0),
  };
  return {
    scenario_id: id,
    risk_tags: riskTags,
    histories: histories.length,
    tally,
    violations,
    takeover: histories.findLast(({ takeover }) => takeover !== null)?.takeover ?? null,
    replayed: histories.reduce((sum, { replayed }) => sum + replayed, 0),
    history: digestOf(histories.map(({ hash }) => hash)),
    state: digestOf(histories.map(({ state }) => state)),
    continuity_assertion_results: results,
    checks,
    passed: Object.values(checks).every(Boolean),
  };
}

const added = (left: History["tally"], right: History["tally"]): History["tally"] => ({
  takeovers: left.takeovers + right.takeovers,
  deaths: left.deaths + right.deaths,
  refused_writes: left.refused_writes + right.refused_writes,
  lost_races: left.lost_races + right.lost_races,
  approvals: left.approvals + right.approvals,
  effects: left.effects + right.effects,
  events: left.events + right.events,
});
