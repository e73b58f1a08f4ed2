/** Who advances runs: leases, the committer, the driver of one run, the loop that claims what is due. */

export type { Commit, CommitExtras, CommitResult, Intent, LostClaim } from "./commit.ts";
export { Committer } from "./committer.ts";
export {
  type EffectOutcome,
  type EpochViolation,
  effectOutcomes,
  epochViolations,
  type HolderRow,
  holderOf,
  type RecordedTakeover,
  takeoversOf,
} from "./continuity/queries.ts";
export { ControlRoom, type TenantControl } from "./control.ts";
export { CRASH_POINTS, type CrashPoint, type Reached } from "./crash-point.ts";
export type { DeskOptions, RunFacts } from "./desk.ts";
export { type DriveEnd, type DriverOptions, driveRun } from "./driver.ts";
export { LEASE_MACHINE, type LeaseStatus } from "./lease-machine.ts";
export { type ClaimedDue, claimDue, findLease, type HeldLease, renewLeases } from "./queries.ts";
export { openRun, type RunFile, runEventOf, runEventsAfter } from "./run-file.ts";
export { type LeaseProfile, WORKER_PROFILE, Worker, type WorkerOptions } from "./worker.ts";
