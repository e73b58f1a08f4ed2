import type { Instant, Json, JsonObject, ProposedEvent, Severity } from "../contracts/index.ts";
import type { CallMark } from "../guard/index.ts";
import type { CompensationDefinition } from "./definition.ts";
import type { DriftClass } from "./drift-class.ts";
import type { RunIdentity, RunOutcome, RunStatus } from "./state.ts";

/** RFC 6902 operations on the run document. A run only ever adds or replaces whole members at the top. */
export type DocumentPatch = readonly { readonly op: "add"; readonly path: string; readonly value: Json }[];

/** What an attempt used up, as the guards counted it; nested calls included. */
export interface Spent {
  /** Tool names, one entry per counted call. */
  readonly tool_calls: readonly string[];
  readonly tokens: number;
  /** What the loop detector remembers; ignored for retries and polls. */
  readonly marks: readonly CallMark[];
}

interface OnLane {
  readonly lane: string;
}

/** The lane goes on at `next`, or has reached its end with null. */
interface Moved extends OnLane {
  readonly next: string | null;
}

interface Stored {
  readonly patch: DocumentPatch;
  /** Version of the document after the patch. */
  readonly document_version: number;
}

interface Attempt extends OnLane {
  readonly attempt: number;
}

interface Called extends Attempt {
  readonly spent: Spent;
  /** The caller's redacted trace of the call; opaque here. */
  readonly call: Json;
}

interface Stopped {
  readonly code: string;
  readonly message: string;
}

/** `final`: no further attempt; otherwise the next one is at `retry_at`. */
interface Retried extends Stopped {
  readonly final: boolean;
  readonly retry_at: Instant | null;
}

/** Why there is no further attempt of what could be tried again: its own attempts, or the run's retries, are used up. */
export type Exhausted = "attempts" | "budget";

/** A step's attempt; `exhausted` is null where another attempt follows, or none would help. */
interface Tried extends Retried {
  readonly exhausted: Exhausted | null;
}

/** What the provider asked to be left alone for, recorded because the next attempt's instant follows from it. */
interface Delayed {
  readonly retry_after_ms: number | null;
}

type FailureAction = CompensationDefinition["on_compensation_failure"];

/** What shows that another version decides what is recorded alike. */
export interface UpgradeProof {
  /** Events decided again, up to the one with this hash. */
  readonly events: number;
  readonly head_hash: string;
  /** Of the document that both versions come to. */
  readonly document_sha256: string;
  /** The gravest difference found; none that changes what happened. */
  readonly drift: DriftClass;
}

/** Payloads by event type. Recorded for ever: a member is never renamed and never changes its meaning. */
export interface RunPayloads {
  readonly "run.started": {
    readonly identity: RunIdentity;
    readonly entry: string;
    readonly document: JsonObject;
    /** Why the trigger's payload was not taken, or null. */
    readonly refusal: Stopped | null;
  };
  readonly "step.succeeded": Called & Moved & Stored & { readonly receipt_id: string | null; readonly reused: boolean };
  readonly "step.failed": Called & Tried & Delayed;
  readonly "call.refused": Called & Tried & Delayed & { readonly stage: string };
  readonly "effect.unknown": Called & Stopped & { readonly look_at: Instant | null };
  readonly "effect.resolved": Attempt & { readonly by: string } & (
      | (Moved & Stored & { readonly resolution: "applied"; readonly receipt_id: string | null })
      | (Tried & { readonly resolution: "not_applied" })
    );
  readonly "branch.taken": Moved & { readonly taken: boolean };
  readonly "branch.failed": OnLane & Stopped;
  readonly "parallel.started": OnLane & { readonly lanes: readonly string[] };
  readonly "parallel.joined": Moved;
  readonly "parallel.failed": OnLane & Stopped;
  readonly "lane.cancelled": OnLane & { readonly approval_id: string | null };
  readonly "lane.ignored": OnLane & Stopped & Stored;
  readonly "wait.started": OnLane & {
    readonly until: Instant;
    readonly poll_at: Instant | null;
    readonly event_type: string | null;
    readonly entity_id: Json;
  };
  readonly "wait.resumed": Moved & Stored & { readonly signal_id: string };
  readonly "wait.released": Moved & Stored & { readonly by: string };
  readonly "wait.elapsed": Moved & Stored;
  readonly "wait.timed_out": Moved & Stopped;
  readonly "poll.completed": Called &
    (
      | (Moved & Stored & { readonly satisfied: true })
      | {
          readonly satisfied: false;
          readonly poll_at: Instant;
          /** What was polled; null where the call failed. */
          readonly output: JsonObject | null;
          readonly error: Stopped | null;
        }
    );
  readonly "signal.received": {
    readonly signal_id: string;
    readonly event_type: string;
    readonly entity_id: string | null;
    readonly payload: Json;
  };
  readonly "approval.requested": Attempt & { readonly approval_id: string; readonly timeout_at: Instant };
  readonly "approval.escalated": OnLane & {
    readonly approval_id: string;
    readonly level: number;
    readonly timeout_at: Instant;
  };
  readonly "approval.decided": OnLane & {
    readonly approval_id: string;
    readonly decision: ApprovalDecision;
    readonly by: string | null;
    /** Code with which the step fails; null when approved. */
    readonly code: string | null;
    readonly action: FailureAction | null;
    /** Steps that are not undone because a person said no to undoing a PARALLEL step's branches. */
    readonly keep: readonly string[];
  };
  readonly "bound.reached": Stopped & { readonly limit: number | null; readonly observed: number | null };
  readonly "run.failing": Stopped & { readonly on_failure: string | null; readonly rollback: boolean };
  readonly "compensation.started": {
    /** The branch being undone while the run goes on, or null for the whole run. */
    readonly for_lane: string | null;
    readonly plan: readonly string[];
    readonly held: readonly string[];
  };
  readonly "compensation.succeeded": Called & { readonly receipt_id: string | null; readonly reused: boolean };
  readonly "compensation.failed": Called &
    Retried &
    Delayed & { readonly effect: "none" | "unknown"; readonly action: FailureAction };
  readonly "handling.started": { readonly next: string };
  readonly "run.started_child": Moved & { readonly workflow: string; readonly input: JsonObject };
  readonly "run.upgraded": {
    readonly from: string;
    /** The pack version that the run is pinned to from now on. */
    readonly to: string;
    readonly by: string;
    readonly proof: UpgradeProof;
  };
  readonly "run.cancel_requested": { readonly by: string; readonly reason: string };
  /** A graph stored where it is. */
  readonly "agent.checkpointed": Attempt & {
    readonly graph_id: string;
    readonly thread_id: string;
    readonly checkpoint_ns: string;
    readonly checkpoint_id: string;
    readonly parent_checkpoint_id: string | null;
    readonly source: string;
    readonly graph_step: number;
    readonly payload_sha256: string;
  };
  /** A graph called a tool, was refused, or proposed a call. */
  readonly "agent.called": Called & {
    readonly graph_id: string;
    readonly thread_id: string;
    readonly checkpoint_id: string;
    readonly lg_task_id: string;
    readonly node: string;
    readonly tool: string;
    /** Arguments of a call that is only proposed; null for one that was made or refused. */
    readonly proposed: Json;
    readonly receipt_id: string | null;
    /** Null where the call succeeded. */
    readonly code: string | null;
  };
  /** A graph asked a person. */
  readonly "agent.interrupted": Attempt & {
    readonly approval_id: string;
    readonly timeout_at: Instant;
    readonly interrupt_id: string;
    readonly ordinal: number;
    readonly value_digest: string;
    readonly checkpoint_ns: string;
    readonly checkpoint_id: string;
    readonly lg_task_id: string;
  };
  /** A graph was given what a person decided. */
  readonly "agent.resumed": Attempt & { readonly approval_id: string };
  /** A graph has nothing left to do: it is finished, or waits for people. */
  readonly "agent.rested": Attempt & {
    readonly status: "completed" | "interrupted";
    /** Of an invocation that ends in questions; those of one that answers are its step's. */
    readonly tokens: number;
    readonly thread_id: string;
    readonly checkpoints: number;
    /** What kept the graph from the machine, as far as this worker can. */
    readonly isolation: string;
    readonly runtime_policy: "LANGGRAPH_ONLY" | "UNPROVEN";
  };
  readonly "run.suspended": { readonly status: RunStatus; readonly document_sha256: string };
  readonly "run.ended": {
    readonly status: RunStatus;
    readonly outcome: RunOutcome;
    readonly code: string | null;
    readonly document_sha256: string;
  };
}

export type ApprovalDecision = "approved" | "denied" | "timed_out" | "voided";

export type RunEventType = keyof RunPayloads;

/** One event of a run's stream, discriminated by `type`. */
export type RunEvent = { [T in RunEventType]: ProposedEvent<T, RunPayloads[T]> }[RunEventType];

export type RunEventOf<T extends RunEventType> = ProposedEvent<T, RunPayloads[T]>;

/** Severity at which each event is recorded; also the closed list of the types that `evolve` folds. */
const SEVERITIES: { readonly [T in RunEventType]: Severity } = {
  "run.started": "info",
  "step.succeeded": "info",
  "step.failed": "warning",
  "call.refused": "warning",
  "effect.unknown": "error",
  "effect.resolved": "info",
  "branch.taken": "info",
  "branch.failed": "warning",
  "parallel.started": "info",
  "parallel.joined": "info",
  "parallel.failed": "warning",
  "lane.cancelled": "info",
  "lane.ignored": "warning",
  "wait.started": "info",
  "wait.resumed": "info",
  "wait.released": "info",
  "wait.elapsed": "info",
  "wait.timed_out": "warning",
  "poll.completed": "info",
  "signal.received": "info",
  "approval.requested": "info",
  "approval.escalated": "warning",
  "approval.decided": "info",
  "bound.reached": "error",
  "run.failing": "warning",
  "compensation.started": "warning",
  "compensation.succeeded": "info",
  "compensation.failed": "error",
  "handling.started": "info",
  "run.started_child": "info",
  "run.upgraded": "info",
  "run.cancel_requested": "info",
  "agent.checkpointed": "info",
  "agent.called": "info",
  "agent.interrupted": "info",
  "agent.resumed": "info",
  "agent.rested": "info",
  "run.suspended": "info",
  "run.ended": "info",
};

export const isRunEventType = (type: string): type is RunEventType => Object.hasOwn(SEVERITIES, type);

/** Makes an event of a run. */
export const runEvent = <T extends RunEventType>(
  type: T,
  at: Instant,
  step: string | null,
  payload: RunPayloads[T],
): RunEventOf<T> => ({ type, at, step, payload, severity: SEVERITIES[type] });

/**
 * An entry read back from a run's stream as a run event; null for entries of others (leases, notes) that share the stream.
 * The payload is trusted: only `runEvent` made it and the ledger's hash chain vouches that it is unchanged.
 */
export function recordedRunEvent({ type, at, step, payload }: ProposedEvent<string, Json>): RunEvent | null {
  if (!isRunEventType(type)) return null;
  return { type, at, step, payload, severity: SEVERITIES[type] } as RunEvent; // the one parse at this edge
}
