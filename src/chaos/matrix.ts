import { ASSERTION_IDS, ASSERTIONS } from "./assertions.ts";
import { playScenario, type RiskTag, type Scenario, type ScenarioResult } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";
import type { SimulationWorld } from "./simulation-world.ts";
import { playSituation, type Situation } from "./situation.ts";
import { SITUATIONS } from "./situations.ts";
import { type SoakCheckpoint, soakCheckpoint } from "./soak.ts";

/** What is played of one kind or the other: something at each moment of a history, or a situation by itself. */
export type Played = Scenario | Situation;

export const MATRIX: readonly Played[] = [...SCENARIOS, ...SITUATIONS];

export const play = (world: SimulationWorld, played: Played, seed: number): Promise<ScenarioResult> =>
  "make" in played ? playSituation(world, played, seed) : playScenario(world, played, seed);

/** Raised with every change of what the matrix plays or how it is judged. */
const MATRIX_VERSION = "core-rotation-v4";

/** A matrix that leaves one of these out has not been through what matters. */
const RISKS_REQUIRED: readonly RiskTag[] = [
  "rotation",
  "takeover",
  "stale_lease",
  "split_brain",
  "handoff",
  "approval",
  "storage",
  "clock",
  "corruption",
];

/** What the scenarios came to together. Wire form. */
export interface MatrixResult {
  readonly matrix_version: string;
  readonly seed: number;
  readonly scenario_ids: readonly string[];
  readonly scenario_count: number;
  readonly high_risk_paths_required: readonly RiskTag[];
  readonly high_risk_paths_covered: readonly RiskTag[];
  readonly missing_high_risk_paths: readonly RiskTag[];
  readonly assertion_catalog_ids: readonly string[];
  readonly assertion_ids_in_matrix: readonly string[];
  readonly checks: {
    readonly high_risk_paths_covered: boolean;
    readonly every_assertion_used: boolean;
    readonly scenario_expectations_passed: boolean;
  };
  readonly results: readonly ScenarioResult[];
  readonly passed: boolean;
}

/** Sums up results; a matrix passes only when it covers every risk and assertion and every scenario passed. */
export function matrixResult(
  seed: number,
  scenarios: readonly Played[],
  results: readonly ScenarioResult[],
): MatrixResult {
  const covered = RISKS_REQUIRED.filter((risk) => scenarios.some(({ riskTags }) => riskTags.includes(risk)));
  const missing = RISKS_REQUIRED.filter((risk) => !covered.includes(risk));
  const used = ASSERTION_IDS.filter((id) => scenarios.some(({ assertions }) => assertions.includes(id)));
  const checks = {
    high_risk_paths_covered: missing.length === 0,
    every_assertion_used: used.length === ASSERTION_IDS.length,
    scenario_expectations_passed: results.length === scenarios.length && results.every(({ passed }) => passed),
  };
  return {
    matrix_version: MATRIX_VERSION,
    seed,
    scenario_ids: scenarios.map(({ id }) => id),
    scenario_count: scenarios.length,
    high_risk_paths_required: RISKS_REQUIRED,
    high_risk_paths_covered: covered,
    missing_high_risk_paths: missing,
    assertion_catalog_ids: Object.keys(ASSERTIONS),
    assertion_ids_in_matrix: used,
    checks,
    results,
    passed: Object.values(checks).every(Boolean),
  };
}

/** Plays a scenario once more for a soak: the same seed must come to the same, event for event. */
export async function soakScenario(
  world: SimulationWorld,
  scenario: Played,
  { seed, iteration }: { readonly seed: number; readonly iteration: number },
): Promise<SoakCheckpoint> {
  const result = await play(world, scenario, seed);
  const { tally, takeover } = result;
  return soakCheckpoint(iteration, {
    scenario_id: scenario.id,
    takeover_action: takeover === null ? "OBSERVE" : "TAKEOVER",
    decision_reason_code: takeover === null ? "HEARTBEAT_RUNNING_NO_ACTION" : takeover.reason,
    handoff_applied: takeover !== null && takeover.resumedAt !== null,
    handoff_resume_step_id: takeover?.resumedAt ?? null,
    event_count: tally.events,
    replay_count: result.replayed,
    continuity_assertion_results: result.continuity_assertion_results,
    state_digest: result.state,
    timeline_digest: result.history,
  });
}
