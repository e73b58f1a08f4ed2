/** What can go wrong, made to go wrong on purpose: simulated histories, and the rules that none of them may break. */

export { ASSERTION_IDS, ASSERTIONS, type AssertionId, holds, type Violation } from "./assertions.ts";
export { FAULT_KINDS, type Fault, type FaultKind, faultPlan, faultText } from "./fault-plan.ts";
export { MATRIX, type MatrixResult, matrixResult, type Played, play, soakScenario } from "./matrix.ts";
export {
  momentsOf,
  playMoment,
  playScenario,
  type Scenario,
  type ScenarioResult,
} from "./scenario.ts";
export { SCENARIOS } from "./scenarios.ts";
export { type Shrunk, shrink } from "./shrink.ts";
export { type History, type Play, type Script, simulate, type Tally } from "./simulate.ts";
export { openSimulationDatabase, type SimulationDatabase } from "./simulation-database.ts";
export { openWorld, type SimulationWorld } from "./simulation-world.ts";
export { playSituation, type Situation } from "./situation.ts";
export { SITUATIONS } from "./situations.ts";
export { type SoakCheckpoint, type SoakGate, soakGate } from "./soak.ts";
export { type SoakFile, soakFiles } from "./soak-files.ts";
