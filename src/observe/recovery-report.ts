import { utcText } from "../contracts/index.ts";
import {
  CONTINUITY_VERSION,
  type ContinuityEvent,
  inOrder,
  integerOrNull,
  isDecision,
  occurredAt,
  operationOf,
  secondsBetween,
  textOrNull,
  utcTextOrNull,
} from "./continuity-event.ts";
import { type Diagnosis, diagnose } from "./diagnosis.ts";
import { type DiagnosisInput, type DiagnosisScope, readEvents } from "./diagnosis-input.ts";
import type { RuntimePolicy } from "./graph-proof.ts";
import { type Incident, incidentOf, unresumedSteps } from "./incident.ts";
import { type NextAction, nextActions } from "./next-actions.ts";
import type { TimelineEntry } from "./timeline.ts";
import type { Validation, ValidationIssue } from "./validation.ts";

/*
 * The recovery report: how a run lost its owner and got another, with its key figures. Derived from the record alone, so it
 * changes nothing and can be made again at any time.
 */

export interface EvidencePointer {
  /** Relative to the report's own folder. */
  readonly path: string;
  /** Null for the report itself: a file cannot name its own digest. */
  readonly sha256: string | null;
  readonly seq_range?: { readonly from: number; readonly to: number } | undefined;
}

export interface EvidencePointers {
  readonly state_root: string;
  readonly pipeline_state_json: EvidencePointer;
  readonly heartbeat_status_json: EvidencePointer;
  readonly process_leases_json: EvidencePointer;
  readonly events_jsonl: EvidencePointer;
  readonly recovery_json: EvidencePointer;
  readonly recovery_markdown: EvidencePointer;
}

export type RecoveryOutcome = "NOT_APPLICABLE" | "PASS" | "REQUIRES_REVIEW" | "FAIL";

export interface ContinuityCheck {
  readonly name: string;
  readonly passed: boolean;
}

export interface RecoveryKpis {
  readonly detection_delay_seconds: number | null;
  readonly decision_delay_seconds: number | null;
  readonly takeover_latency_seconds: number | null;
  readonly recovery_seconds: number | null;
  readonly stale_incidents: number;
  readonly takeovers: number;
  readonly steps_adopted: number;
  readonly steps_failed: number;
  readonly steps_resumed: number;
  readonly stale_writes_rejected: number;
  readonly approvals_pending: number;
}

export interface RecoveryReport {
  readonly task_id: string;
  readonly run_id: string;
  readonly schema_version: typeof CONTINUITY_VERSION;
  readonly runtime_policy: RuntimePolicy;
  readonly generated_at: string;
  readonly state_root: string;
  readonly stale_detection: {
    readonly heartbeat_status: string;
    readonly reason_code: string | null;
    readonly silence_seconds: number;
    readonly warning_after_seconds: number | null;
    readonly stale_after_seconds: number | null;
    readonly stale_events_in_timeline: number;
    readonly timeline_entries: number;
    readonly detected_at: string | null;
    readonly silence_at_detection: number | null;
  };
  readonly takeover_latency: {
    readonly detected: boolean;
    readonly trigger_reason_code: string | null;
    readonly lease_reason_code: string | null;
    readonly decision_at: string | null;
    readonly takeover_at: string | null;
    readonly decision_latency_seconds: number | null;
    readonly adopted_step_ids: readonly string[];
    readonly failed_step_ids: readonly string[];
    readonly handoff_applied: boolean;
    readonly handoff_resume_step_id: string | null;
    readonly epoch_before: number | null;
    readonly epoch_after: number | null;
  };
  readonly continuity_outcome: {
    readonly status: RecoveryOutcome;
    readonly validation_status: Validation["status"];
    readonly validation_issue_count: number;
    readonly event_count: number;
    readonly lease_count: number;
    readonly continuity_checks: readonly ContinuityCheck[];
    readonly continuity_assertion_results: AssertionResults;
  };
  readonly timeline: { readonly total_entries: number; readonly entries: readonly TimelineEntry[] };
  readonly validation: Validation;
  readonly kpis: RecoveryKpis;
  /** Null until the files that it would point at are made. */
  readonly evidence_pointers: EvidencePointers | null;
  readonly next_actions: readonly NextAction[];
}

/** Results of continuity assertions by their id, of those that somebody ran. */
export type AssertionResults = { readonly [assertion: string]: boolean };

/** Newest entries that a report repeats; the timeline has all. */
const ENTRIES_SHOWN = 20;

export function recoveryReport(
  input: DiagnosisInput,
  scope: DiagnosisScope,
  assertions: AssertionResults = {},
): RecoveryReport {
  const diagnosis = diagnose(input, scope);
  const events = inOrder(readEvents(input.events, scope).events, scope.generatedAt);
  const incident = incidentOf(events, scope.generatedAt);
  const unresumed = unresumedSteps(events, scope.generatedAt);
  const facts: Facts = { diagnosis, events, incident, unresumed, assertions, scope };
  const { report, validation, evidence } = diagnosis;
  const kpis = kpisOf(facts);
  const status = outcomeOf(facts);
  return {
    task_id: scope.taskId,
    run_id: scope.runId,
    schema_version: CONTINUITY_VERSION,
    runtime_policy: report.runtime_policy,
    generated_at: utcText(scope.generatedAt),
    state_root: ".",
    stale_detection: staleDetection(facts),
    takeover_latency: takeoverLatency(facts),
    continuity_outcome: {
      status,
      validation_status: validation.status,
      validation_issue_count: validation.issue_count,
      event_count: evidence.event_count,
      lease_count: evidence.lease_count,
      continuity_checks: checksOf(facts),
      continuity_assertion_results: assertions,
    },
    timeline: {
      total_entries: report.timeline.total_entries,
      entries: report.timeline.entries.slice(-ENTRIES_SHOWN),
    },
    validation,
    kpis,
    evidence_pointers: null,
    next_actions: nextActions({
      runId: scope.runId,
      status,
      unresumed: [...new Set(unresumed)],
      validation,
      isStale: report.heartbeat.status === "STALE",
      approvalsPending: kpis.approvals_pending,
    }),
  };
}

interface Facts {
  readonly diagnosis: Diagnosis;
  /** In order. */
  readonly events: readonly ContinuityEvent[];
  readonly incident: Incident;
  /** One for each loss. */
  readonly unresumed: readonly string[];
  readonly assertions: AssertionResults;
  readonly scope: DiagnosisScope;
}

const staleDetection = ({ diagnosis: { report }, incident }: Facts): RecoveryReport["stale_detection"] => ({
  heartbeat_status: report.heartbeat.status,
  reason_code: report.heartbeat.reason_code,
  silence_seconds: report.heartbeat.silence_seconds,
  warning_after_seconds: report.heartbeat.warning_after_seconds,
  stale_after_seconds: report.heartbeat.stale_after_seconds,
  stale_events_in_timeline: report.timeline.stale_heartbeat_events,
  timeline_entries: report.timeline.total_entries,
  detected_at: utcTextOrNull(incident.detectedAt),
  silence_at_detection: integerOrNull(incident.detection?.payload.silence_seconds),
});

function takeoverLatency({ diagnosis, events, incident }: Facts): RecoveryReport["takeover_latency"] {
  const { takeover } = diagnosis.report;
  const handoff = events.findLast(
    (event) =>
      operationOf(event) === "HANDOFF_APPLIED" &&
      incident.takeoverAt !== null &&
      occurredAt(event, incident.takeoverAt) >= incident.takeoverAt,
  );
  return {
    detected: takeover !== null,
    trigger_reason_code: takeover?.trigger_reason_code ?? null,
    lease_reason_code: takeover?.lease_reason_code ?? null,
    decision_at: takeover?.decision_at ?? null,
    takeover_at: takeover?.takeover_at ?? null,
    decision_latency_seconds: takeover?.decision_latency_seconds ?? null,
    adopted_step_ids: takeover?.adopted_step_ids ?? [],
    failed_step_ids: takeover?.failed_step_ids ?? [],
    handoff_applied: handoff !== undefined,
    handoff_resume_step_id: textOrNull(handoff?.payload.resume_step_id),
    ...epochsOf(incident.takeover, events),
  };
}

/** The takeover's own word on its epochs; else those of the entries around it. */
function epochsOf(takeover: ContinuityEvent | null, events: readonly ContinuityEvent[]) {
  const before = events.slice(0, takeover === null ? 0 : events.indexOf(takeover)).flatMap(({ epoch }) => epoch ?? []);
  return {
    epoch_before: integerOrNull(takeover?.payload.epoch_before) ?? before.at(-1) ?? null,
    epoch_after: integerOrNull(takeover?.payload.epoch_after) ?? takeover?.epoch ?? null,
  };
}

/** Findings that mean that the record, or the run's ownership, was not whole. */
const CORRUPTION: ReadonlySet<string> = new Set([
  "UNPARSABLE_EVENT",
  "EVENT_SEQ_GAP",
  "DUPLICATE_EVENT_ID",
  "STALE_WRITE_ACCEPTED",
  "MULTIPLE_ACTIVE_OWNERS",
]);

const isCorruption = ({ code }: Pick<ValidationIssue, "code">): boolean => CORRUPTION.has(code);

function outcomeOf({ diagnosis, incident, unresumed, assertions }: Facts): RecoveryOutcome {
  const { report, validation } = diagnosis;
  if (validation.issues.some(isCorruption) || Object.values(assertions).includes(false)) return "FAIL";
  if (incident.takeover === null) {
    const isQuiet = report.timeline.stale_heartbeat_events === 0 && validation.status !== "FAIL";
    return isQuiet ? "NOT_APPLICABLE" : "REQUIRES_REVIEW";
  }
  return validation.status === "PASS" && unresumed.length === 0 ? "PASS" : "REQUIRES_REVIEW";
}

function checksOf({ diagnosis, incident, unresumed, assertions }: Facts): readonly ContinuityCheck[] {
  const { report, validation } = diagnosis;
  return [
    { name: "takeover_present", passed: incident.takeover !== null },
    { name: "stale_detection_emitted", passed: ["STALE", "WARNING"].includes(report.heartbeat.status) },
    { name: "validation_passed", passed: validation.status === "PASS" },
    { name: "no_unresumed_failed_steps", passed: unresumed.length === 0 },
    { name: "single_owner", passed: !validation.issues.some(({ code }) => code === "MULTIPLE_ACTIVE_OWNERS") },
    { name: "assertions_passed", passed: !Object.values(assertions).includes(false) },
  ];
}

function kpisOf({ diagnosis, events, incident, unresumed, scope }: Facts): RecoveryKpis {
  const { report } = diagnosis;
  const { detectedAt, expectedAt, decidedAt, takeoverAt, progressAt } = incident;
  const since = (from: typeof detectedAt, to: typeof detectedAt) =>
    from === null || to === null ? null : secondsBetween(from, to);
  const failed = report.takeover_history.flatMap(({ failed_step_ids }) => failed_step_ids);
  return {
    detection_delay_seconds: since(expectedAt, detectedAt),
    decision_delay_seconds: since(detectedAt, decidedAt),
    takeover_latency_seconds: since(detectedAt, takeoverAt),
    recovery_seconds: since(detectedAt, progressAt),
    stale_incidents: events.filter((event) => event.event_type === "HEARTBEAT_STALE" && !isDecision(event)).length,
    takeovers: report.takeover_history.length,
    steps_adopted: report.takeover_history.flatMap(({ adopted_step_ids }) => adopted_step_ids).length,
    steps_failed: failed.length,
    steps_resumed: failed.length - unresumed.length,
    stale_writes_rejected: events.filter((event) => operationOf(event) === "STALE_WRITE_REJECTED").length,
    approvals_pending: pendingApprovals(events, scope),
  };
}

const CLOSES_APPROVAL: ReadonlySet<string> = new Set([
  "APPROVAL_DECIDED",
  "APPROVAL_CONSUMED",
  "APPROVAL_EXPIRED",
  "APPROVAL_SUPERSEDED",
]);

/** Approvals that were asked for and that nothing has closed. */
function pendingApprovals(events: readonly ContinuityEvent[], { generatedAt }: DiagnosisScope): number {
  const open = new Set<string>();
  for (const event of events) {
    const id = textOrNull(event.payload.approval_id);
    if (id === null || occurredAt(event, generatedAt) > generatedAt) continue;
    if (operationOf(event) === "APPROVAL_REQUESTED") open.add(id);
    if (CLOSES_APPROVAL.has(operationOf(event) ?? "") || operationOf(event) === "LANE_CANCELLED") open.delete(id);
  }
  return open.size;
}
