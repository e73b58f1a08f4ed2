import type { Channel, Instant, Json, JsonObject } from "../contracts/index.ts";
import type { CallMark, Counters } from "../guard/index.ts";

/** One status set for every face. Terminal: SUCCEEDED, FAILED_EXPECTED, FAILED_UNEXPECTED, CANCELLED. */
export type RunStatus =
  | "PENDING"
  | "RUNNING"
  | "SUSPENDED_HITL"
  | "SUSPENDED_WAIT"
  | "COMPENSATING"
  | "BLOCKED"
  | "SUCCEEDED"
  | "FAILED_EXPECTED"
  | "FAILED_UNEXPECTED"
  | "CANCELLED";

export type RunOutcome = "SUCCESS" | "EXPECTED_FAILURE" | "UNEXPECTED_FAILURE" | "CANCELLED";

/** What identifies a run and never changes after its first event. */
export interface RunIdentity {
  readonly run_id: string;
  readonly tenant_id: string;
  readonly workflow_id: string;
  readonly pack_id: string;
  /** The pack version that this run is pinned to. */
  readonly pack_digest: string;
  readonly correlation_id: string;
  readonly principal_id: string;
  readonly channel: Channel;
  readonly started_at: Instant;
  /** Seed of the run's jitter. */
  readonly seed: number;
}

/** The main path is lane `main`; each branch of a PARALLEL step is a lane named by its first step. */
export interface Lane {
  readonly id: string;
  /** The step this lane is at; null when it has ended. */
  readonly step: string | null;
  readonly phase: LanePhase;
}

export type LanePhase =
  | { readonly kind: "ready"; readonly attempt: number }
  | { readonly kind: "retry"; readonly attempt: number; readonly at: Instant }
  | { readonly kind: "approval"; readonly attempt: number; readonly approval_id: string; readonly timeout_at: Instant }
  | { readonly kind: "waiting"; readonly since: Instant; readonly until: Instant; readonly poll_at: Instant | null }
  | { readonly kind: "branching" }
  | { readonly kind: "unknown"; readonly attempt: number; readonly look_at: Instant | null }
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "cancelled" };

export interface StepState {
  readonly status: "succeeded" | "failed" | "compensated" | "compensation_failed";
  readonly lane: string;
  /** Order in which steps completed, for undoing the latest first. */
  readonly order: number;
  readonly attempts: number;
  readonly receipt_id: string | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly step: string | null;
}

/** Undoing what was done, in order; `at` is the index of the one being undone. */
export interface CompensationProgress {
  readonly plan: readonly string[];
  readonly at: number;
  readonly attempt: number;
  readonly phase: LanePhase;
}

/** The fold of a run's events. Plain JSON, so that a snapshot of it can be stored and hashed. */
export interface RunState extends RunIdentity {
  readonly status: RunStatus;
  readonly outcome: RunOutcome | null;
  readonly code: string | null;
  /** `$`: `trigger`, `run`, and one key per completed step. */
  readonly document: JsonObject;
  /** Raised by one with every patch of `document`. */
  readonly document_version: number;
  readonly lanes: { readonly [lane: string]: Lane };
  readonly steps: { readonly [step: string]: StepState };
  readonly counters: Counters;
  readonly marks: readonly CallMark[];
  readonly failure: Failure | null;
  readonly compensation: CompensationProgress | null;
  readonly cancel_requested: boolean;
  /** Start of the present stretch of active time; null while suspended. */
  readonly active_since: Instant | null;
}

/** A call that the machine wants made now. The guards decide whether it happens. */
export interface PlannedCall {
  readonly lane: string;
  readonly step: string;
  readonly attempt: number;
  readonly purpose: "step" | "retry" | "poll" | "compensation";
  readonly tool: string;
  readonly version: string;
  readonly input: Json;
  /** Why the workflow itself asks for approval, or null. */
  readonly approvalAsked: string | null;
}
