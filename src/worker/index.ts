/** Who advances runs: leases, the committer, the driver of one run, the loop that claims what is due. */

export { checkpointIdsOf } from "./agent/queries.ts";
export type { Commit, CommitExtras, CommitResult, Intent, LostClaim } from "./commit.ts";
export { Committer } from "./committer.ts";
export {
  CONTINUITY_EVENT_TYPES,
  type ContinuityEventType,
  continuityEventType,
} from "./continuity/event-types.ts";
export { type HandoffRequest, handOver } from "./continuity/hand-over.ts";
export {
  type AppliedHandoff,
  appliedPayload,
  applyHandoff,
  buildHandoff,
  failedPayload,
  type HandoffPackage,
  type HandoffRun,
  handoffHash,
  handoffMarkers,
  parseHandoff,
} from "./continuity/handoff.ts";
export { silenceCode } from "./continuity/heartbeat.ts";
export { LEASE_MACHINE, type LeaseRecord, type LeaseStatus } from "./continuity/lease-record.ts";
export {
  assertWriter,
  type GrantedLease,
  heartbeatLease,
  type LeaseClaim,
  type LeasePorts,
  type LeaseRequest,
  leaseView,
  registerLease,
  releaseLease,
  renewLease,
} from "./continuity/leases.ts";
export { CONTINUITY_POLICY, checkPolicy, type LeasePolicy } from "./continuity/policy.ts";
export {
  besideRun,
  type EffectOutcome,
  type EpochViolation,
  effectOutcomes,
  epochViolations,
  leasesOf,
  type RecordedTakeover,
  takeoversOf,
} from "./continuity/queries.ts";
export { takeOver } from "./continuity/takeover.ts";
export type { NamedSuccessor, SuccessorAmong, TakeoverOutcome, TakeoverRequest } from "./continuity/taking.ts";
export { LeaseWatch } from "./continuity/watch.ts";
export { ControlRoom, installedPack, packsFor, type TenantControl } from "./control.ts";
export { AGENT_CRASH_POINTS, CRASH_POINTS, type CrashPoint, type Reached } from "./crash-point.ts";
export type { DeskOptions, RunFacts } from "./desk.ts";
export { type DriveEnd, type DriverOptions, driveRun } from "./driver.ts";
export { type FactsReader, factsReader } from "./facts-reader.ts";
export { type HeldRun, newestTakeovers, runsByToken, runsInMotion, type TokenHold } from "./held/queries.ts";
export { postgresSchedule } from "./postgres-scheduler.ts";
export { type ClaimedDue, canariesOf, claimDue, findLease, type HeldLease, renewLeases } from "./queries.ts";
export { askToDrain, listWorkers, runsHeld, type WorkerRow } from "./roster/queries.ts";
export { type Station, standingOf, type WorkerStanding } from "./roster/roster.ts";
export { openRun, type RunFile, runEventOf } from "./run-file.ts";
export type { DueDesk, Schedule, Scheduler, SchedulerSetting } from "./scheduler.ts";
export type { TemporalAddress } from "./temporal/protocol.ts";
export { connectTemporal, probeTemporal, type TemporalSetting } from "./temporal/temporal-scheduler.ts";
export { type Chore, type LeaseProfile, WORKER_PROFILE, Worker, type WorkerOptions } from "./worker.ts";
