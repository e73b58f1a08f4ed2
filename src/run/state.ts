import type { Channel, Instant, Json, JsonObject } from "../contracts/index.ts";
import type { CallMark, Counters } from "../guard/index.ts";

/** One status set for every face. Terminal: SUCCEEDED, FAILED_EXPECTED, FAILED_UNEXPECTED, CANCELLED. */
export const RUN_STATUSES = [
  "PENDING",
  "RUNNING",
  "SUSPENDED_HITL",
  "SUSPENDED_WAIT",
  "COMPENSATING",
  "BLOCKED",
  "SUCCEEDED",
  "FAILED_EXPECTED",
  "FAILED_UNEXPECTED",
  "CANCELLED",
] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

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

/** The lane every run has, and the lane id under which compensations are called; no step may be named so. */
export const MAIN = "main";
export const COMPENSATION = "compensation";

/** The main path is lane `main`; each branch of a PARALLEL step is a lane named by its first step. */
export interface Lane {
  readonly id: string;
  /** The step this lane is at, or at which it failed; null when it has succeeded or was cancelled. */
  readonly step: string | null;
  readonly phase: LanePhase;
  /** Whether `counters.steps` already counts the present step. */
  readonly counted: boolean;
}

export type LanePhase =
  | { readonly kind: "ready"; readonly attempt: number }
  | { readonly kind: "retry"; readonly attempt: number; readonly at: Instant }
  | { readonly kind: "asking" }
  | { readonly kind: "interrupted"; readonly attempt: number }
  | { readonly kind: "approval"; readonly attempt: number; readonly approval_id: string; readonly timeout_at: Instant }
  | WaitingPhase
  | { readonly kind: "branching" }
  | { readonly kind: "unknown"; readonly attempt: number; readonly look_at: Instant | null; readonly code: string }
  | { readonly kind: "succeeded" }
  | { readonly kind: "failed"; readonly code: string; readonly message: string }
  | { readonly kind: "ignored"; readonly code: string }
  | { readonly kind: "cancelled" };

/** At a WAIT step: what ends the wait, and when. `poll_at` is the next poll, null where nothing is polled. */
export interface WaitingPhase {
  readonly kind: "waiting";
  readonly since: Instant;
  readonly until: Instant;
  readonly poll_at: Instant | null;
  readonly polls: number;
  /** Event type awaited, null unless the step waits for a WEBHOOK. */
  readonly event_type: string | null;
  /** Entity the event must be about; null takes an event about any. */
  readonly entity_id: Json;
}

/** An applied event that arrived for this run and that no WAIT step has taken yet. */
export interface Signal {
  readonly signal_id: string;
  readonly event_type: string;
  readonly entity_id: string | null;
  readonly payload: Json;
}

export interface StepState {
  readonly status: "succeeded" | "failed" | "compensated" | "compensation_failed";
  readonly lane: string;
  /** Order in which steps completed, for undoing the latest first. */
  readonly order: number;
  readonly attempts: number;
  readonly receipt_id: string | null;
}

/** An AGENT step under way, from its first event on. */
export interface AgentProgress {
  readonly lane: string;
  /** Everything that its graph asked a person, oldest first. */
  readonly interrupts: readonly AgentInterrupt[];
  /** Calls that it proposed, by tool. */
  readonly call_plan: { readonly [tool: string]: Json };
  readonly checkpoints: number;
}

/** One question of a graph to a person. The same interrupt id comes again where a node asks twice: `ordinal` tells them apart. */
export interface AgentInterrupt {
  readonly approval_id: string;
  readonly attempt: number;
  readonly timeout_at: Instant;
  readonly interrupt_id: string;
  readonly ordinal: number;
  readonly value_digest: string;
  readonly checkpoint_ns: string;
  readonly checkpoint_id: string;
  readonly lg_task_id: string;
  /** Null while nobody has decided. */
  readonly decision: "approved" | "denied" | "timed_out" | "voided" | null;
  /** Code with which the step fails for the decision; null where the graph is told of it. */
  readonly code: string | null;
  /** Whether the graph has the decision. */
  readonly consumed: boolean;
}

/** Why the run will end badly, and what is still to happen before it does. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly step: string | null;
  /** First step of the chain that runs after the compensation, or null. */
  readonly on_failure: string | null;
  /** Whether completed steps are undone. */
  readonly rollback: boolean;
}

/**
 * Where a run is on its way. `forward`: doing its steps. `draining`: it has failed, lanes finish what they may have begun.
 * `compensating`: undoing. `handling`: in its on_failure chain. `closing`: nothing is left but to let lanes finish.
 */
export type RunStage = "forward" | "draining" | "compensating" | "handling" | "closing";

/** Undoing what was done, in order; `at` is the index of the one being undone. */
export interface CompensationProgress {
  /** The branch whose failure is being undone while the run goes on; null when the whole run is rolled back. */
  readonly lane: string | null;
  /** PARALLEL steps that ask a person before their branches are undone. */
  readonly held: readonly string[];
  readonly plan: readonly string[];
  readonly at: number;
  readonly phase: LanePhase;
  /** Attempts made of the steps that a person sent back into the plan; what comes next is one more. */
  readonly tried: { readonly [step: string]: number };
  readonly escalated: readonly Escalation[];
}

/** A compensation that failed for good: a person is asked whether it is tried once more, while the others go on. */
export interface Escalation {
  readonly step: string;
  /** The attempt that failed last. */
  readonly attempt: number;
  readonly code: string;
  readonly message: string;
  readonly phase: Extract<LanePhase, { readonly kind: "asking" | "approval" }>;
}

/** The fold of a run's events. Plain JSON, so that a snapshot of it can be stored and hashed. */
export interface RunState extends RunIdentity {
  readonly status: RunStatus;
  readonly stage: RunStage;
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
  /** Attempts scheduled after a failed one, of all steps; what undoes something has attempts of its own. */
  readonly retries: number;
  readonly failure: Failure | null;
  readonly compensation: CompensationProgress | null;
  /** True when an effect that should have been undone was not, or the on_failure chain failed. */
  readonly leftover: boolean;
  readonly signals: readonly Signal[];
  /** By AGENT step: what its graph has left to remember between two of its calls. */
  readonly agents: { readonly [step: string]: AgentProgress };
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
  /**
   * True while the run is ending: finish a call that may have begun (its idempotency record says so), but begin none.
   * Where the guards would let a new one proceed, answer with a refusal of code `RUN_CANCELLED` instead.
   */
  readonly settleOnly: boolean;
  readonly tool: string;
  readonly version: string;
  readonly input: Json;
  /** Why the workflow itself asks for approval, or null. */
  readonly approvalAsked: string | null;
}
