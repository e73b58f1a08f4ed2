/** What can go wrong, made to go wrong on purpose: simulated histories, and the rules that none of them may break. */
export { FAULT_KINDS, type Fault, type FaultKind, faultPlan, faultText } from "./fault-plan.ts";
export { type Shrunk, shrink } from "./shrink.ts";
export { type History, type Script, simulate } from "./simulate.ts";
export { openSimulationDatabase, type SimulationDatabase } from "./simulation-database.ts";
export { openWorld, type SimulationWorld } from "./simulation-world.ts";
