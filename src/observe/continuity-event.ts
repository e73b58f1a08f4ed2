import { type Instant, isJsonObject, type Json, parseInstant, utcText } from "../contracts/index.ts";
import { CONTINUITY_EVENT_TYPES, type ContinuityEventType } from "../worker/index.ts";

/*
 * The continuity event, version 1.0.0: what happened to a run's ownership and liveness, whoever recorded it. Ours are
 * projected from the ledger; others arrive as lines of a log. Types are frozen: finer meaning is `payload.operation`.
 */

export const CONTINUITY_VERSION = "1.0.0";

export const SEVERITIES = ["INFO", "WARN", "ERROR"] as const;

export type ContinuitySeverity = (typeof SEVERITIES)[number];

/** An event as it was read, leniently: what a line lacks is null. */
export interface ContinuityEvent {
  readonly event_id: string | null;
  readonly task_id: string;
  readonly run_id: string;
  /** Null: of the run as a whole. */
  readonly step_id: string | null;
  readonly event_type: ContinuityEventType;
  readonly severity: string;
  readonly at: Instant | null;
  readonly payload: { readonly [name: string]: Json };
  /** Its place in the run's stream; null where its source has none. */
  readonly seq: number | null;
  /** Fencing number of the lease under which it was written. */
  readonly epoch: number | null;
}

/**
 * Reads one event; null for what is none: unreadable text, or an object that does not say whose and what it is. A type that is not
 * one of the frozen ones is read as `SYSTEM`, and is the operation where the payload names none.
 */
export function parseContinuityEvent(value: Json): ContinuityEvent | null {
  if (!isJsonObject(value)) return null;
  const { task_id, run_id, event_type, payload } = value;
  if (typeof task_id !== "string" || typeof run_id !== "string" || typeof event_type !== "string") return null;
  if (!isJsonObject(payload)) return null;
  const known = CONTINUITY_EVENT_TYPES.find((type) => type === event_type);
  return {
    event_id: textOrNull(value.event_id),
    task_id,
    run_id,
    step_id: textOrNull(value.step_id),
    event_type: known ?? "SYSTEM",
    severity: textOrNull(value.severity) ?? "INFO",
    at: instantOrNull(value.timestamp),
    payload: known === undefined ? { operation: event_type, ...payload } : payload,
    seq: integerOrNull(value.seq),
    epoch: integerOrNull(value.epoch),
  };
}

export const textOrNull = (value: Json | undefined): string | null =>
  typeof value === "string" && value !== "" ? value : null;

export const integerOrNull = (value: Json | undefined): number | null =>
  typeof value === "number" && Number.isSafeInteger(value) ? value : null;

export const instantOrNull = (value: Json | undefined): Instant | null =>
  typeof value === "string" ? (parseInstant(value) ?? null) : null;

/** Only the texts of a list, each once, in order of first appearance. */
export const textsOf = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? [...new Set(value.filter((element: Json) => typeof element === "string"))] : [];

export const utcTextOrNull = (at: Instant | null): string | null => (at === null ? null : utcText(at));

/** Whole seconds from one instant to another; negative when it lies before. */
export const secondsBetween = (from: Instant, to: Instant): number => Math.floor((to - from) / 1_000);

/** When an event counts as having happened: a takeover's own time before the time of its record. */
export const occurredAt = ({ payload, at }: ContinuityEvent, otherwise: Instant): Instant =>
  instantOrNull(payload.takeover_at) ?? at ?? otherwise;

/** `stage=decide`: not what happened, but what was decided about it. */
export const isDecision = ({ payload }: ContinuityEvent): boolean => payload.stage === "decide";

/** What an event means beyond its type. */
export const operationOf = ({ payload }: ContinuityEvent): string | null => textOrNull(payload.operation);

export const reasonOf = ({ payload }: ContinuityEvent): string | null =>
  textOrNull(payload.reason_code) ?? textOrNull(payload.decision_reason_code);

/** Names what a diagnostic is about. */
export interface Correlation {
  readonly task_id: string;
  readonly run_id: string;
  readonly step_id: string | null;
  readonly event_id: string | null;
  readonly event_type: string | null;
  readonly occurred_at: string | null;
}

export const correlationOf = (event: ContinuityEvent): Correlation => ({
  task_id: event.task_id,
  run_id: event.run_id,
  step_id: event.step_id,
  event_id: event.event_id,
  event_type: event.event_type,
  occurred_at: utcTextOrNull(instantOrNull(event.payload.takeover_at) ?? event.at),
});

type SortKey = readonly (string | number | null)[];

/** A sorted copy. What is absent sorts as empty or zero; equal keys by all they hold, so that the order of the input never shows. */
export const sortedBy = <T extends object>(values: readonly T[], keyOf: (value: T) => SortKey): readonly T[] =>
  values
    .map((value) => ({ value, key: keyOf(value) }))
    .toSorted(
      (one, other) =>
        comparedKeys(one.key, other.key) || compared(JSON.stringify(one.value), JSON.stringify(other.value)),
    )
    .map(({ value }) => value);

function comparedKeys(left: SortKey, right: SortKey): number {
  for (let index = 0; index < left.length; index++) {
    const order = compared(left[index] ?? null, right[index] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

function compared(left: string | number | null, right: string | number | null): number {
  if (typeof left === "number" || typeof right === "number") return Number(left ?? 0) - Number(right ?? 0);
  const [a, b] = [left ?? "", right ?? ""];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Events in the order in which they happened. */
export const inOrder = (events: readonly ContinuityEvent[], otherwise: Instant): readonly ContinuityEvent[] =>
  sortedBy(events, (event) => [
    occurredAt(event, otherwise),
    event.seq,
    event.event_id,
    event.event_type,
    event.step_id,
  ]);
