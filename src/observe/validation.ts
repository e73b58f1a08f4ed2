import { after, type Instant, parseInstant, utcText } from "../contracts/index.ts";
import {
  type ContinuityEvent,
  type ContinuitySeverity,
  type Correlation,
  correlationOf,
  inOrder,
  occurredAt,
  sortedBy,
} from "./continuity-event.ts";
import type { DiagnosisInput, DiagnosisScope, ReadEvents } from "./diagnosis-input.ts";
import type { RuntimePolicy } from "./graph-proof.ts";
import { HEARTBEAT_STATUSES, type HeartbeatDiagnostic, lastSignal } from "./heartbeat.ts";
import { isAdoption, isNonAdoption, isOfRun, type LeaseRecord, type LeaseTransition } from "./lease-transition.ts";
import { type Found, streamIssues } from "./stream-issues.ts";
import { isTakeover, isTakeoverDecision, type TakeoverDiagnostic } from "./takeover.ts";

/** Something about a run's continuity that does not add up. */
export interface ValidationIssue {
  readonly code: string;
  readonly severity: ContinuitySeverity;
  readonly message: string;
  readonly task_id: string;
  readonly run_id: string;
  readonly step_id: string | null;
  readonly event_id: string | null;
  readonly occurred_at: string;
}

export interface Validation {
  readonly status: "PASS" | "PASS_WITH_WARNINGS" | "FAIL";
  readonly issue_count: number;
  readonly issues: readonly ValidationIssue[];
}

/** What was derived, and what it was derived from. */
export interface ValidationFacts {
  readonly scope: DiagnosisScope;
  readonly input: DiagnosisInput;
  readonly read: ReadEvents;
  readonly heartbeat: HeartbeatDiagnostic;
  readonly transitions: readonly LeaseTransition[];
  readonly takeovers: readonly TakeoverDiagnostic[];
  readonly policy: RuntimePolicy;
}

export function validated(facts: ValidationFacts): Validation {
  const { taskId, runId } = facts.scope;
  const issues = sortedBy(
    [
      ...heartbeatIssues(facts),
      ...takeoverIssues(facts),
      ...adoptionIssues(facts),
      ...leaseIssues(facts),
      ...streamIssues(facts.read, facts.scope.generatedAt),
      ...policyIssues(facts),
    ].map(({ code, severity = "ERROR", message, step = null, event = null, at }) => ({
      code,
      severity,
      message,
      task_id: taskId,
      run_id: runId,
      step_id: step,
      event_id: event,
      occurred_at: at,
    })),
    ({ code, occurred_at, event_id, step_id }) => [code, occurred_at, event_id, step_id],
  );
  return { status: statusOf(issues), issue_count: issues.length, issues };
}

const statusOf = (issues: readonly ValidationIssue[]): Validation["status"] => {
  if (issues.some(({ severity }) => severity === "ERROR")) return "FAIL";
  return issues.length === 0 ? "PASS" : "PASS_WITH_WARNINGS";
};

/** Signals from further ahead than this are another clock's. */
const SKEW_MS_MAX = 5_000;

function heartbeatIssues({ scope, input, read, heartbeat }: ValidationFacts): readonly Found[] {
  const at = utcText(scope.generatedAt);
  const found: Found[] = [];
  const isStale = read.events.some(({ event_type }) => event_type === "HEARTBEAT_STALE");
  if (heartbeat.status === "STALE" && !isStale) {
    found.push({ code: "MISSING_HEARTBEAT_STALE_SIGNAL", message: "the heartbeat is stale and no event says so", at });
  }
  const isKnown = HEARTBEAT_STATUSES.includes(heartbeat.status);
  if (!isKnown) {
    const message = `the heartbeat's status \`${heartbeat.status}\` is none of ${HEARTBEAT_STATUSES.join(", ")}`;
    found.push({ code: "UNKNOWN_HEARTBEAT_STATUS", severity: "WARN", message, at });
  }
  const hasThresholds = heartbeat.warning_after_seconds !== null && heartbeat.stale_after_seconds !== null;
  if (isKnown && heartbeat.status !== "IDLE" && !hasThresholds) {
    const message = "the run is active and nothing says how long its silence may last";
    found.push({ code: "THRESHOLDS_MISSING", severity: "WARN", message, at });
  }
  const signal = lastSignal(input.heartbeat);
  if (signal !== null && signal > after(scope.generatedAt, SKEW_MS_MAX)) {
    found.push({ code: "INFRA.CLOCK_SKEW", message: "the last sign of life lies in the future", at });
  }
  return found;
}

function takeoverIssues({ scope, input, read, takeovers }: ValidationFacts): readonly Found[] {
  const { generatedAt } = scope;
  const decision = inOrder(read.events.filter(isTakeoverDecision), generatedAt).at(-1);
  const newest = takeovers.at(-1);
  if (newest === undefined) {
    if (decision === undefined) return [];
    const message = "a takeover was decided and never happened";
    return [{ code: "MISSING_TAKEOVER_EVENT", message, ...placeOf(correlationOf(decision), generatedAt) }];
  }
  const place = takeoverPlace(newest);
  const found: Found[] = [];
  if (decision === undefined) {
    const message = "a takeover happened and no event says that it was decided";
    found.push({ code: "MISSING_TAKEOVER_DECISION_SIGNAL", message, ...place });
  }
  if (newest.decision_latency_seconds === null) {
    const message = "no decision came before the takeover";
    found.push({ code: "INCONSISTENT_TAKEOVER_TIMING", message, ...place });
  }
  const { event_id, occurred_at } = newest.correlation;
  if (event_id === null || occurred_at === null) {
    found.push({ code: "MISSING_TAKEOVER_CORRELATION", message: "the takeover has no event id or no time", ...place });
  }
  const told = input.succession === null ? newest.takeover_at : normalised(input.succession.last_takeover_at);
  if (told !== newest.takeover_at) {
    const message = `the run's state has its last takeover at ${told ?? "no time"}, its events at ${newest.takeover_at}`;
    found.push({ code: "SUCCESSION_STATE_MISMATCH", message, ...place });
  }
  return found;
}

const normalised = (text: string | null): string | null => {
  const at = parseInstant(text ?? "");
  return at === undefined ? text : utcText(at);
};

const placeOf = ({ step_id, event_id, occurred_at }: Correlation, otherwise: Instant) => ({
  step: step_id,
  event: event_id,
  at: occurred_at ?? utcText(otherwise),
});

const takeoverPlace = ({ correlation, takeover_at }: TakeoverDiagnostic) => ({
  step: correlation.step_id,
  event: correlation.event_id,
  at: takeover_at,
});

/** Each takeover against the events that must follow it, and those events against the takeovers. */
function adoptionIssues({ scope, read, transitions, takeovers }: ValidationFacts): readonly Found[] {
  const adopted = read.events.filter(isAdoption);
  const lost = read.events.filter(isNonAdoption);
  const newest = takeovers.at(-1);
  const missing =
    newest === undefined
      ? []
      : [
          ...missingOf(newest.adopted_step_ids, adopted).map((step) => ({
            code: "MISSING_LEASE_ADOPTED_SIGNAL",
            message: `the takeover adopted step \`${step}\` and no event says so`,
            ...takeoverPlace(newest),
            step,
          })),
          ...missingOf(newest.failed_step_ids, lost).map((step) => ({
            code: "MISSING_LEASE_FAILURE_SIGNAL",
            message: `the takeover lost step \`${step}\` and no event says so`,
            ...takeoverPlace(newest),
            step,
          })),
        ];
  const orphans = [
    ...adopted.filter((event) => !isListed(event, takeovers, "adopted_step_ids", scope.generatedAt)),
    ...lost.filter((event) => !isListed(event, takeovers, "failed_step_ids", scope.generatedAt)),
  ].map((event) => ({
    code: "ORPHAN_ADOPTION_SIGNAL",
    message: `no takeover lists step \`${event.step_id ?? "-"}\` as this event has it`,
    ...placeOf(correlationOf(event), scope.generatedAt),
  }));
  const unnamed = transitions
    .filter(({ transition_kind }) => transition_kind === "EVENT")
    .filter(({ correlation: { event_id, occurred_at } }) => event_id === null || occurred_at === null)
    .map(({ correlation, transition_at }) => ({
      code: "MISSING_LEASE_TRANSITION_CORRELATION",
      severity: "WARN" as const,
      message: "an event of a lease has no event id or no time",
      step: correlation.step_id,
      event: correlation.event_id,
      at: transition_at,
    }));
  return [...missing, ...orphans, ...unnamed];
}

const missingOf = (steps: readonly string[], events: readonly ContinuityEvent[]): readonly string[] =>
  steps.filter((step) => !events.some(({ step_id }) => step_id === step));

/** A takeover at the event's own time decides; where there is none, any that lists the step. */
function isListed(
  event: ContinuityEvent,
  takeovers: readonly TakeoverDiagnostic[],
  list: "adopted_step_ids" | "failed_step_ids",
  otherwise: Instant,
): boolean {
  const at = utcText(occurredAt(event, otherwise));
  const own = takeovers.filter(({ takeover_at }) => takeover_at === at);
  return (own.length === 0 ? takeovers : own).some((takeover) => takeover[list].includes(event.step_id ?? ""));
}

function leaseIssues({ scope, input, read, takeovers }: ValidationFacts): readonly Found[] {
  const leases = input.leases.filter((lease) => isOfRun(lease, scope));
  const now = scope.generatedAt;
  const active = leases.filter(({ status, expiry }) => status === "ACTIVE" && (parseInstant(expiry) ?? now) > now);
  const owners = new Map<string, number>();
  for (const { step_id } of active) owners.set(step_id, (owners.get(step_id) ?? 0) + 1);
  const rivals = [...owners].filter(([, count]) => count > 1);
  const newest = takeovers.at(-1);
  return [
    ...rivals.map(([step, count]) => ({
      code: "MULTIPLE_ACTIVE_OWNERS",
      message: `${count} leases on step \`${step}\` are active at once`,
      step,
      at: utcText(now),
    })),
    ...(newest === undefined ? [] : leaseMismatches(newest, leases, read.events)),
  ];
}

/** The leases as they stand against what the newest takeover says of them. */
function leaseMismatches(
  takeover: TakeoverDiagnostic,
  leases: readonly LeaseRecord[],
  events: readonly ContinuityEvent[],
): readonly Found[] {
  const successor = successorOf(takeover, events);
  const isSuccessors = ({ step_id, status, thread_id, updated_at }: LeaseRecord, step: string): boolean =>
    step_id === step &&
    (status === "ACTIVE" || status === "RELEASED") &&
    (successor === null ? isSince(updated_at, takeover.takeover_at) : thread_id === successor);
  // What was left to the workers is whichever worker's, a moment at a time, and nobody's once it waits or has ended.
  const adopted = isLeftToWorkers(takeover, events) ? [] : takeover.adopted_step_ids;
  const notAdopted = adopted.filter((step) => !leases.some((lease) => isSuccessors(lease, step)));
  const stillHeld = takeover.failed_step_ids.filter((step) =>
    leases.some(
      ({ step_id, status, created_at }) =>
        step_id === step && status === "ACTIVE" && !isSince(created_at, takeover.takeover_at),
    ),
  );
  return [
    ...notAdopted.map((step) => ({
      code: "LEASE_STATE_MISMATCH",
      message: `step \`${step}\` was adopted and no lease of the successor says so`,
      ...takeoverPlace(takeover),
      step,
    })),
    ...stillHeld.map((step) => ({
      code: "LEASE_STATE_MISMATCH",
      message: `step \`${step}\` was lost in the takeover and its old lease is still active`,
      ...takeoverPlace(takeover),
      step,
    })),
  ];
}

/** The thread that took over, where the takeover names it. */
function successorOf(takeover: TakeoverDiagnostic, events: readonly ContinuityEvent[]): string | null {
  const thread = eventOf(takeover, events)?.payload.successor_thread_id;
  return typeof thread === "string" ? thread : null;
}

/** Whether a takeover says that it has no successor of its own. */
const isLeftToWorkers = (takeover: TakeoverDiagnostic, events: readonly ContinuityEvent[]): boolean =>
  eventOf(takeover, events)?.payload.successor_thread_id === null;

const eventOf = ({ correlation }: TakeoverDiagnostic, events: readonly ContinuityEvent[]) =>
  events.find(
    (candidate) => isTakeover(candidate) && candidate.event_id !== null && candidate.event_id === correlation.event_id,
  );

const isSince = (text: string, at: string): boolean => {
  const moment = parseInstant(text);
  return moment !== undefined && utcText(moment) >= at;
};

const policyIssues = ({ scope, policy }: ValidationFacts): readonly Found[] =>
  policy !== "UNPROVEN"
    ? []
    : [
        {
          code: "RUNTIME_POLICY_UNPROVEN",
          message: "the run executed a graph, and its record does not show that each node was checkpointed",
          at: utcText(scope.generatedAt),
        },
      ];
