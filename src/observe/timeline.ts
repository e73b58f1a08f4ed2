import { type Instant, type Json, utcText } from "../contracts/index.ts";
import {
  CONTINUITY_VERSION,
  type ContinuityEvent,
  type Correlation,
  correlationOf,
  isDecision,
  occurredAt,
  operationOf,
  reasonOf,
  sortedBy,
  textOrNull,
  textsOf,
} from "./continuity-event.ts";
import type { DiagnosisFilter, DiagnosisScope } from "./diagnosis-input.ts";
import { isAdoption, isNonAdoption, tokenFingerprint } from "./lease-transition.ts";
import { isTakeover } from "./takeover.ts";

export const CATEGORIES = ["HEARTBEAT", "LEASE", "TAKEOVER", "APPROVAL", "GRAPH"] as const;

export type TimelineCategory = (typeof CATEGORIES)[number];

export interface TimelineEntry {
  readonly occurred_at: string;
  readonly category: TimelineCategory;
  readonly event_type: string;
  readonly severity: string;
  readonly reason_code: string | null;
  readonly summary: string;
  readonly correlation: Correlation;
  readonly payload: { readonly [name: string]: Json };
}

/** What an operator has to see of a run's ownership, in order. */
export interface OperatorTimeline {
  readonly schema_version: typeof CONTINUITY_VERSION;
  readonly task_id: string;
  readonly run_id: string;
  readonly generated_at: string;
  readonly total_entries: number;
  readonly stale_heartbeat_events: number;
  /** Stale heartbeats that were detected; what was decided about them does not count again. */
  readonly stale_incidents: number;
  readonly lease_transition_events: number;
  readonly takeover_events: number;
  readonly entries: readonly TimelineEntry[];
}

export function operatorTimeline(
  events: readonly ContinuityEvent[],
  scope: DiagnosisScope,
  filter: DiagnosisFilter,
): OperatorTimeline {
  const entries = sortedBy(
    events.flatMap((event) => {
      const category = categoryOf(event);
      return category === null ? [] : [{ seq: event.seq, entry: entryOf(event, category, scope.generatedAt) }];
    }),
    ({ seq, entry: { occurred_at, correlation, event_type } }) => [
      occurred_at,
      seq,
      correlation.event_id,
      event_type,
      correlation.step_id,
    ],
  )
    .map(({ entry }) => entry)
    .filter((entry) => isWanted(entry, filter));
  const stale = entries.filter(({ event_type }) => event_type === "HEARTBEAT_STALE");
  return {
    schema_version: CONTINUITY_VERSION,
    task_id: scope.taskId,
    run_id: scope.runId,
    generated_at: utcText(scope.generatedAt),
    total_entries: entries.length,
    stale_heartbeat_events: stale.length,
    stale_incidents: stale.filter(({ payload }) => payload.stage !== "decide").length,
    lease_transition_events: entries.filter(({ category }) => category === "LEASE").length,
    takeover_events: entries.filter(({ event_type }) => event_type === "LEASE_TAKEOVER").length,
    entries,
  };
}

/** Operations that are neither of a lease nor of a takeover by their type, and belong there. */
const OPERATIONS: { readonly [operation: string]: TimelineCategory } = {
  HANDOFF_APPLIED: "TAKEOVER",
  HANDOFF_APPLY_FAILED: "TAKEOVER",
  HEARTBEAT_RECOVERED: "HEARTBEAT",
  STALE_WRITE_REJECTED: "LEASE",
  LEASE_EXPIRED: "LEASE",
  LEASE_RELEASED: "LEASE",
  LEASE_REGISTERED: "LEASE",
  RUN_BLOCKED: "LEASE",
};

/** Null: of no concern to an operator of leases. */
function categoryOf(event: ContinuityEvent): TimelineCategory | null {
  if (event.event_type.startsWith("HEARTBEAT_")) return "HEARTBEAT";
  if (isTakeover(event) || isDecision(event)) return "TAKEOVER";
  if (isAdoption(event) || isNonAdoption(event)) return "LEASE";
  const operation = operationOf(event) ?? "";
  if (operation.startsWith("APPROVAL_")) return "APPROVAL";
  if (textOrNull(event.payload.graph_id) !== null) return "GRAPH";
  return Object.hasOwn(OPERATIONS, operation) ? (OPERATIONS[operation] ?? null) : null;
}

const entryOf = (event: ContinuityEvent, category: TimelineCategory, generatedAt: Instant): TimelineEntry => ({
  occurred_at: utcText(occurredAt(event, generatedAt)),
  category,
  event_type: event.event_type,
  severity: event.severity,
  reason_code: reasonOf(event),
  summary: summaryOf(event),
  correlation: correlationOf(event),
  payload: withoutTokens(event.payload),
});

/** A few words for a person; the payload has the rest. */
export function summaryOf(event: ContinuityEvent): string {
  const { event_type, payload } = event;
  const reason = reasonOf(event);
  const because = reason === null ? "" : `: ${reason}`;
  if (isDecision(event)) return `decided to ${textOrNull(payload.decision_action)?.toLowerCase() ?? "act"}${because}`;
  if (isTakeover(event)) {
    const adopted = textsOf(payload.adopted_step_ids).join(", ") || "nothing";
    const failed = textsOf(payload.failed_step_ids).join(", ");
    return `taken over${because}; adopted ${adopted}${failed === "" ? "" : `, lost ${failed}`}`;
  }
  if (event_type === "HEARTBEAT_STALE") return `no sign of life${secondsOf(payload.silence_seconds)}${because}`;
  if (event_type === "HEARTBEAT_WARNING") return `few signs of life${secondsOf(payload.silence_seconds)}${because}`;
  if (isNonAdoption(event)) return `step ${event.step_id ?? "-"} was not taken over`;
  const what = operationOf(event) ?? event_type;
  return `${what.toLowerCase().replaceAll("_", " ")}${event.step_id === null ? "" : ` ${event.step_id}`}${because}`;
}

const secondsOf = (value: Json | undefined): string => (typeof value === "number" ? ` for ${value} s` : "");

const TOKEN = /token/i;

/** Tokens are rights: a reader gets their fingerprints. */
const withoutTokens = (payload: TimelineEntry["payload"]): TimelineEntry["payload"] =>
  Object.fromEntries(
    Object.entries(payload).map(([name, value]) => [
      name,
      TOKEN.test(name) && typeof value === "string" && !value.startsWith("fp:") ? tokenFingerprint(value) : value,
    ]),
  );

/** Whether something that happened then, there, is what the reader asked for. */
export const isWanted = (
  { occurred_at, category, severity, correlation }: Omit<TimelineEntry, "payload" | "summary" | "reason_code">,
  filter: DiagnosisFilter,
): boolean =>
  isWithin(occurred_at, filter) &&
  (filter.step === null || correlation.step_id === filter.step) &&
  (filter.category === null || category === filter.category) &&
  (filter.severity === null || severity === filter.severity);

/** Times of continuity documents compare as texts. */
export const isWithin = (at: string, { since, until }: DiagnosisFilter): boolean =>
  (since === null || at >= utcText(since)) && (until === null || at < utcText(until));
