import type { Instant, Json, JsonObject } from "../contracts/index.ts";
import type { ApprovalDecision, RunPayloads, Spent, UpgradeProof } from "./events.ts";
import type { AgentEventType } from "./fold-agent.ts";

/** Names the planned call that was settled; an answer that no longer fits the run's state is ignored. */
export interface CallRef {
  readonly lane: string;
  readonly step: string;
  readonly attempt: number;
}

interface Answered extends CallRef {
  readonly spent: Spent;
  /** Redacted trace of the call, stored with the event. */
  readonly call: Json;
}

/** What reaches a run from outside: the answer to a call, a person, an event. */
export type Stimulus =
  | CallSucceeded
  | CallFailed
  | CallRefused
  | (CallRef & { readonly kind: "approval_requested"; readonly approval_id: string; readonly timeout_at: Instant })
  | {
      readonly kind: "approval_decided";
      readonly approval_id: string;
      readonly decision: ApprovalDecision;
      readonly by: string | null;
    }
  | {
      readonly kind: "approval_escalated";
      readonly approval_id: string;
      readonly level: number;
      readonly timeout_at: Instant;
    }
  | {
      readonly kind: "signal";
      /** Unique per event, so that a repeated delivery is folded once. */
      readonly signal_id: string;
      readonly event_type: string;
      readonly entity_id: string | null;
      readonly payload: Json;
    }
  | { readonly kind: "resume"; readonly lane: string; readonly by: string; readonly payload: JsonObject }
  | {
      readonly kind: "upgrade";
      readonly from: string;
      readonly to: string;
      readonly by: string;
      readonly proof: UpgradeProof;
    }
  | { readonly kind: "cancel"; readonly by: string; readonly reason: string }
  | AgentDid
  | EffectResolution;

/** What the graph of an AGENT step did while its call is under way. */
export type AgentDid = CallRef & { readonly kind: "agent"; readonly fact: AgentFact };

export type AgentFact = {
  [T in AgentEventType]: { readonly type: T; readonly payload: Omit<RunPayloads[T], "lane" | "attempt"> };
}[AgentEventType];

export interface CallSucceeded extends Answered {
  readonly kind: "succeeded";
  /** Redacted output: it enters the run document. */
  readonly output: JsonObject;
  readonly receipt_id: string | null;
  readonly reused: boolean;
}

export interface CallFailed extends Answered {
  readonly kind: "failed";
  readonly code: string;
  readonly message: string;
  /** `unknown`: it may have happened. The run then looks again at `lookAt`, or waits for a person where that is null. */
  readonly effect: "none" | "unknown";
  readonly lookAt?: Instant | null;
  readonly retryAfterMs?: number;
}

export interface CallRefused extends Answered {
  readonly kind: "refused";
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number;
}

/** A person, or reconciliation, found out whether the effect of an unanswered call happened. */
export type EffectResolution = { readonly kind: "effect_resolved"; readonly lane: string; readonly by: string } & (
  | { readonly applied: true; readonly output: JsonObject; readonly receipt_id: string | null }
  | { readonly applied: false }
);
