/** What a run does next: packs and their checks, the step machine, its events, its replay. Pure throughout. */

export {
  type Advance,
  advance,
  type BranchesAsk,
  type ChildRun,
  type CompensationAsk,
  type FailedAsk,
} from "./advance.ts";
export { currentStep, isLastStep, stepsOfRun } from "./ahead.ts";
export { beginRun, type RunStart, runBeginning } from "./begin.ts";
export { toolsOf } from "./compile/agent.ts";
export { CHECKS, type CheckId, type Finding, findingText } from "./compile/finding.ts";
export { type Compilation, compilePack } from "./compile.ts";
export type { CallTarget, CompiledPack, CompiledStep, CompiledWorkflow, Expression } from "./compiled.ts";
export { decide } from "./decide.ts";
export type {
  AgentStep,
  BranchStep,
  CompensationDefinition,
  CompensationStep,
  GraphManifest,
  GraphNode,
  GraphPrice,
  Mapping,
  Pack,
  ParallelStep,
  RetryPolicy,
  StartRunStep,
  StepDefinition,
  ToolStep,
  Trigger,
  WaitCondition,
  WaitStep,
  WorkflowDefinition,
} from "./definition.ts";
export { DRIFTS, type Drift, isEqualDrift } from "./drift.ts";
export type { DriftClass } from "./drift-class.ts";
export {
  type ApprovalDecision,
  type DocumentPatch,
  isRunEventType,
  type RunEvent,
  type RunEventOf,
  type RunEventType,
  type RunPayloads,
  recordedRunEvent,
  runEvent,
  type Spent,
  type UpgradeProof,
} from "./events.ts";
export { evolve, foldRun, initialState, startRun } from "./evolve.ts";
export { isDraining } from "./fold.ts";
export { interruptsOf } from "./fold-agent.ts";
export { phasesOf } from "./lane.ts";
export type { DeclaredPack, DraftPack, DraftStep } from "./pack-shape.ts";
export { definePack, type PackError, type ParsedPack, parsePack, parsePackObject } from "./parse-pack.ts";
export {
  activePacks,
  countRuns,
  type EndedRunFilter,
  type EndedRunRow,
  endedRuns,
  findPack,
  findRun,
  findRunByStartKey,
  findRuns,
  type InstalledPack,
  installPack,
  keepPack,
  listRuns,
  outdatedRuns,
  type PackRow,
  type RunFilter,
  type RunRow,
  runsOnPack,
  suspendedRuns,
  upgradeRow,
} from "./queries.ts";
export { type Divergence, type RecordedEvent, type Replay, type ReplayOptions, replay } from "./replay.ts";
export { FAILED_COMPENSATION, MANUAL_COMPENSATION, undoPlan } from "./rollback.ts";
export { readSnapshot, snapshotText } from "./snapshot.ts";
export {
  type AgentInterrupt,
  type AgentProgress,
  COMPENSATION,
  type CompensationProgress,
  type Failure,
  type Lane,
  type LanePhase,
  MAIN,
  type PlannedCall,
  RUN_STATUSES,
  type RunIdentity,
  type RunOutcome,
  type RunStage,
  type RunState,
  type RunStatus,
  type Signal,
  type StepState,
} from "./state.ts";
export { RUN_MACHINE, STEP_MACHINE } from "./status-machine.ts";
export type {
  AgentDid,
  AgentFact,
  CallFailed,
  CallRef,
  CallRefused,
  CallSucceeded,
  EffectResolution,
  Stimulus,
} from "./stimulus.ts";
export { type ReadTranscript, readTranscript, replayTranscript, type Transcript, transcriptOf } from "./transcript.ts";
export { type Proven, proveUpgrade } from "./upgrade.ts";
export { awaitedEvents } from "./waiting.ts";
export { type Way, waysOf } from "./ways.ts";
