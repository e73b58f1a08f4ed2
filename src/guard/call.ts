import type { Instant, Json, JsonObject, Refusal } from "../contracts/index.ts";
import type { ApprovalRule, Bounds, PermissionScope, SandboxTier } from "./contract.ts";
import type { ApplyHold } from "./hold.ts";
import type { RegisteredTool } from "./registry.ts";

export type Mode = "sandbox" | "live";

/** One governed tool invocation as its caller asks for it. */
export interface CallRequest {
  readonly tenantId: string;
  readonly principalId: string;
  readonly runId: string;
  readonly correlationId: string;
  readonly stepId: string;
  /** 1 for the first attempt of the step. */
  readonly attempt: number;
  /** `poll` and `retry` calls are not counted by the loop detector; `compensation` runs on its own budget. */
  readonly purpose: "step" | "retry" | "poll" | "compensation" | "nested";
  readonly tool: string;
  readonly version: string;
  /** Mapped arguments, or untrusted JSON text. */
  readonly input: { readonly value: Json } | { readonly text: string };
  /** The workflow itself asks for approval (hitl_required, or hitl_condition true or not evaluable), and why. */
  readonly approvalAsked: string | null;
  /** Run document (`$`), read by approval rules' conditions. */
  readonly document: JsonObject;
  /** Condition clock. */
  readonly runStartedAt: Instant;
}

/** Counters of INV-03, persisted with the run, so that a resumed run goes on counting. */
export interface Counters {
  readonly steps: number;
  readonly tool_calls: number;
  readonly tool_calls_per_type: { readonly [tool: string]: number };
  readonly tokens: number;
  /** Active wall time; waiting for people, timers and events does not count. */
  readonly active_ms: number;
}

/** One past call as the loop detector sees it. */
export interface CallMark {
  readonly tool: string;
  readonly version: string;
  readonly fingerprint: string;
}

export type IdempotencyStatus = "IN_PROGRESS" | "COMPLETED" | "FAILED_NO_EFFECT" | "UNKNOWN";

export interface IdempotencyRecord {
  readonly internal_key: string;
  readonly generation: number;
  readonly status: IdempotencyStatus;
  readonly params_sha256: string;
  readonly external_key: string | null;
  readonly run_id: string;
  readonly step_id: string;
  readonly epoch: number;
  readonly first_seen_at: Instant;
  /** Last sign of life of the executing attempt. */
  readonly heartbeat_at: Instant;
  /** Redacted stored result of a COMPLETED call. */
  readonly result: JsonObject | null;
  readonly receipt_id: string | null;
}

export type BreakerState = "CLOSED" | "OPEN" | "HALF_OPEN";

export interface BreakerRecord {
  readonly breaker_id: string;
  readonly state: BreakerState;
  readonly failure_times: readonly Instant[];
  readonly success_count: number;
  /** Probes begun in this half-open phase. */
  readonly probe_count: number;
  readonly opened_at: Instant | null;
  readonly expires_at: Instant;
  /** Raised by every change; the compare-and-set fence. */
  readonly revision: number;
}

/** The phase in which a call was admitted: a result counts in no other. */
export type BreakerPhase = Pick<BreakerRecord, "state" | "opened_at">;

/** An approval of exactly this call, as found for its internal key. */
export interface ApprovalFact {
  readonly approval_id: string;
  /** The attempt that it was asked for. */
  readonly attempt: number;
  readonly status: "PENDING" | "APPROVED" | "DENIED" | "TIMED_OUT" | "VOIDED" | "CANCELLED";
  readonly params_fingerprint: string;
  readonly consumed: boolean;
}

/** Everything the guards may look at, loaded once per call. */
export interface CallFacts {
  /** The clock that stamped the facts: the database's, where any were read. */
  readonly now: Instant;
  readonly mode: Mode;
  readonly workerTier: SandboxTier;
  /** Epoch of the caller's lease; it goes into the intent. */
  readonly epoch: number;
  readonly scope: PermissionScope | undefined;
  readonly rule: ApprovalRule | undefined;
  /** True when an operator revoked the tool for this tenant. */
  readonly revoked: boolean;
  /** Origin at which the tool's dependency is reached, null for none. */
  readonly dependencyOrigin: string | null;
  /** Origins of simulators that sandbox mode may reach. */
  readonly sandboxOrigins: readonly string[];
  readonly bounds: Bounds;
  readonly counters: Counters;
  /** Oldest first, at most `bounds.loop.window` entries. */
  readonly recentCalls: readonly CallMark[];
  /** Calls of this tenant and tool in the last 60 s, oldest first. */
  readonly rateHits: readonly Instant[];
  /** Newest generation for the call's key, null when there is none. */
  readonly record: IdempotencyRecord | null;
  readonly approval: ApprovalFact | null;
  /** Keeps this call's pack from applying anything; null where nothing does. */
  readonly hold: ApplyHold | null;
  readonly breaker: BreakerRecord | null;
}

/** Stage names in pipeline order; a call's trace lists those it passed. */
export const STAGES = [
  "parse",
  "contract",
  "input_schema",
  "tenant",
  "permission",
  "bounds",
  "rate_limit",
  "idempotency",
  "approval",
  "reservation",
  "breaker",
  "execute",
  "output_schema",
  "receipt",
  "state",
  "trace",
] as const;

export type Stage = (typeof STAGES)[number];

/** One guard's verdict and the rule that gave it: what a screen shows as the call's authority. */
export interface StageRecord {
  readonly stage: Stage;
  readonly verdict: "passed" | "refused" | "skipped";
  readonly rule: string;
}

/**
 * Conditions that must still hold when the intent commits; a lost claim refuses this call only. A reservation takes a key
 * that has no such generation (`new`), one that was given back without effect (`released`), or an open one of a dead or
 * unknown attempt (`own`), which must still have the status and the last sign of life it was read with.
 */
export type Claim =
  | { readonly kind: "rate"; readonly tool: string; readonly limit: number }
  | { readonly kind: "reservation"; readonly record: IdempotencyRecord; readonly takes: "new" | "released" | "own" }
  | { readonly kind: "approval"; readonly approvalId: string }
  | { readonly kind: "probe"; readonly breaker: BreakerRecord; readonly from: number };

export interface AdmittedCall {
  readonly tool: RegisteredTool;
  readonly scope: PermissionScope;
  readonly input: JsonObject;
  readonly fingerprint: string;
  readonly internalKey: string | null;
  readonly externalKey: string | null;
  readonly paramsSha256: string;
  readonly mark: CallMark;
  /** The intent, as it stands once its reservation is committed; null for READ and before the reservation stage. */
  readonly intent: IdempotencyRecord | null;
  /** Null for a tool without dependency. */
  readonly breaker: BreakerPhase | null;
  readonly stages: readonly StageRecord[];
}

/** What the guards decided about a request. Only `proceed` and `recover` may reach a handler. */
export type Admission = RefusedCall | ReusedCall | ApprovalCall | BusyCall | RecoverCall | ProceedCall;

export interface RefusedCall {
  readonly kind: "refused";
  readonly stage: Stage;
  readonly refusal: Refusal;
  readonly stages: readonly StageRecord[];
  /** Whether the call counts as one of the run's tool calls: it passed the bounds, and a later stage refused it. */
  readonly counted: boolean;
  /** `unknown`: an earlier attempt of this very step is still open, so refusing this one does not say that nothing happened. */
  readonly effect: "none" | "unknown";
  readonly retryAfterMs?: number;
}

/** Done before, inside the window: the record holds result and receipt. A collision is one key with other parameters. */
export interface ReusedCall {
  readonly kind: "reused";
  readonly call: AdmittedCall;
  readonly record: IdempotencyRecord;
  readonly collision: boolean;
}

/** A person has to be asked, by this rule. */
export interface ApprovalCall {
  readonly kind: "approval";
  readonly call: AdmittedCall;
  readonly rule: ApprovalRule;
  readonly reason: string;
}

/** Somebody else is at it; its result will be this call's result. */
export interface BusyCall {
  readonly kind: "busy";
  readonly call: AdmittedCall;
  readonly record: IdempotencyRecord;
}

/**
 * An earlier attempt's outcome is open. `same_key` sends it again, `lookup` asks the provider, `person` does neither.
 * Nothing may be done, and no claim committed, before `notBefore`.
 */
export interface RecoverCall {
  readonly kind: "recover";
  readonly call: AdmittedCall;
  readonly record: IdempotencyRecord;
  readonly how: "same_key" | "lookup" | "person";
  readonly notBefore: Instant;
  readonly claims: readonly Claim[];
}

/** The handler may run once the claims are committed. */
export interface ProceedCall {
  readonly kind: "proceed";
  readonly call: AdmittedCall;
  readonly claims: readonly Claim[];
}
