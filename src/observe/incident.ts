import { after, type Instant } from "../contracts/index.ts";
import {
  type ContinuityEvent,
  instantOrNull,
  integerOrNull,
  isDecision,
  occurredAt,
  operationOf,
  textOrNull,
  textsOf,
} from "./continuity-event.ts";
import { isTakeover, isTakeoverDecision } from "./takeover.ts";

/** How the newest loss of an owner went: the moments that a report measures between. Null: it did not come to that. */
export interface Incident {
  /** The event that detected the silence. */
  readonly detection: ContinuityEvent | null;
  /** When the silence had lasted as long as it may. */
  readonly expectedAt: Instant | null;
  readonly detectedAt: Instant | null;
  readonly decidedAt: Instant | null;
  readonly takeover: ContinuityEvent | null;
  readonly takeoverAt: Instant | null;
  /** When a step got on for the first time after the takeover. */
  readonly progressAt: Instant | null;
}

/** The incident of the newest takeover, or of the silence since the last one; of events in order. */
export function incidentOf(events: readonly ContinuityEvent[], generatedAt: Instant): Incident {
  const at = (event: ContinuityEvent) => occurredAt(event, generatedAt);
  const takeovers = events.filter(isTakeover);
  const takeover = takeovers.at(-1) ?? null;
  const before = takeovers.at(-2);
  const begins = before === undefined ? null : at(before);
  const isOfIt = (event: ContinuityEvent): boolean =>
    (begins === null || at(event) > begins) && (takeover === null || at(event) <= at(takeover));
  const detection = detectionOf(events.filter(isOfIt));
  const decision = events.findLast((event) => isTakeoverDecision(event) && isOfIt(event));
  const progress =
    takeover === null ? undefined : events.find((event) => isProgress(event) && at(event) >= at(takeover));
  return {
    detection,
    expectedAt: expectedAt(detection, takeover),
    detectedAt: detection === null ? instantOrNull(takeover?.payload.detected_at) : at(detection),
    decidedAt: decision === undefined ? null : (instantOrNull(decision.payload.decided_at) ?? at(decision)),
    takeover,
    takeoverAt: takeover === null ? null : at(takeover),
    progressAt: progress === undefined ? null : at(progress),
  };
}

/** The first notice of the silence that lasts: one that its holder broke again was none, and that of another lane is not the owner's. */
function detectionOf(events: readonly ContinuityEvent[]): ContinuityEvent | null {
  const ofOwner = events.filter(({ payload }) => (textOrNull(payload.lane) ?? OWNER) === OWNER);
  const broken = ofOwner.findLastIndex((event) => operationOf(event) === "HEARTBEAT_RECOVERED");
  const noticed = ofOwner
    .slice(broken + 1)
    .find((event) => event.event_type === "HEARTBEAT_STALE" && !isDecision(event));
  return noticed ?? null;
}

/** The lane whose lease is the run's. */
const OWNER = "controller";

/** Where nobody detected a silence by itself, the takeover says since when its predecessor's lease had run out. */
function expectedAt(detection: ContinuityEvent | null, takeover: ContinuityEvent | null): Instant | null {
  if (detection === null) return instantOrNull(takeover?.payload.stale_since);
  const signal = instantOrNull(detection.payload.effective_signal_at);
  const stale = integerOrNull(detection.payload.stale_after_seconds);
  return signal === null || stale === null ? null : after(signal, stale * 1_000);
}

const PROGRESS: ReadonlySet<string> = new Set(["STEP_STARTED", "STEP_COMPLETED", "ACCEPTANCE_PASSED"]);

const isProgress = ({ event_type }: ContinuityEvent): boolean => PROGRESS.has(event_type);

/** Steps that takeovers lost and that nobody has resumed since, one for each loss; of events in order. A run that has ended waits for nobody. */
export function unresumedSteps(events: readonly ContinuityEvent[], generatedAt: Instant): readonly string[] {
  const at = (event: ContinuityEvent) => occurredAt(event, generatedAt);
  const ended = events.findLast((event) => operationOf(event) === "RUN_ENDED");
  const resumedAt = new Map(events.flatMap((event) => resumedBy(event).map((step) => [step, at(event)] as const)));
  const isOpen = (step: string, since: Instant): boolean => {
    const resumed = resumedAt.get(step);
    return resumed === undefined || resumed < since;
  };
  return events
    .filter((event) => isTakeover(event) && (ended === undefined || at(ended) < at(event)))
    .flatMap((event) => textsOf(event.payload.failed_step_ids).filter((step) => isOpen(step, at(event))));
}

/** The steps that an event shows to be at work again: its own, or those of a fresh lease. */
function resumedBy(event: ContinuityEvent): readonly string[] {
  const fresh = operationOf(event) === "LEASE_REGISTERED" ? textsOf(event.payload.resumed_step_ids) : [];
  return isProgress(event) && event.step_id !== null ? [...fresh, event.step_id] : fresh;
}
