import { utcText } from "../contracts/index.ts";
import {
  type ContinuityEvent,
  type Correlation,
  correlationOf,
  inOrder,
  instantOrNull,
  isDecision,
  occurredAt,
  textOrNull,
  textsOf,
} from "./continuity-event.ts";
import type { DiagnosisScope } from "./diagnosis-input.ts";

/** A takeover: what triggered it, how long the decision took, what survived. */
export interface TakeoverDiagnostic {
  readonly trigger_reason_code: string;
  readonly lease_reason_code: string | null;
  readonly heartbeat_status: string | null;
  readonly decision_at: string | null;
  readonly takeover_at: string;
  /** Null where no decision came before. */
  readonly decision_latency_seconds: number | null;
  readonly adopted_step_ids: readonly string[];
  readonly failed_step_ids: readonly string[];
  readonly correlation: Correlation;
}

export const isTakeover = ({ event_type }: ContinuityEvent): boolean => event_type === "LEASE_TAKEOVER";

/** Decisions that a takeover is required. */
export const isTakeoverDecision = (event: ContinuityEvent): boolean =>
  isDecision(event) && event.payload.takeover_required === true;

/** Every takeover of the run, oldest first. */
export function takeoverHistory(
  events: readonly ContinuityEvent[],
  scope: DiagnosisScope,
): readonly TakeoverDiagnostic[] {
  const decisions = inOrder(events.filter(isTakeoverDecision), scope.generatedAt);
  return inOrder(events.filter(isTakeover), scope.generatedAt).map((event) => takeoverOf(event, decisions, scope));
}

function takeoverOf(
  event: ContinuityEvent,
  decisions: readonly ContinuityEvent[],
  { generatedAt }: DiagnosisScope,
): TakeoverDiagnostic {
  const at = occurredAt(event, generatedAt);
  const decidedAt = (decision: ContinuityEvent) =>
    instantOrNull(decision.payload.decided_at) ?? occurredAt(decision, generatedAt);
  const decision = decisions.findLast((candidate) => decidedAt(candidate) <= at);
  return {
    trigger_reason_code: textOrNull(event.payload.reason_code) ?? "MANUAL_TAKEOVER",
    lease_reason_code: textOrNull(decision?.payload.lease_reason_code),
    heartbeat_status: textOrNull(decision?.payload.heartbeat_status),
    decision_at: decision === undefined ? null : utcText(decidedAt(decision)),
    takeover_at: utcText(at),
    decision_latency_seconds: decision === undefined ? null : Math.floor((at - decidedAt(decision)) / 1_000),
    adopted_step_ids: textsOf(event.payload.adopted_step_ids),
    failed_step_ids: textsOf(event.payload.failed_step_ids),
    correlation: correlationOf(event),
  };
}
