import { after, type Instant, isJsonObject, type Json, type JsonObject, parseInstant } from "../contracts/index.ts";
import type { RecordedEvent, RunEvent } from "../run/index.ts";
import type { DiagnosisFilter } from "./diagnosis-input.ts";
import { type Gathered, newGathering } from "./gathered.ts";

/*
 * A run's transcript as the calls it made, each with what let it through or stopped it.
 *
 * C1  A call is told by the event that ended it; one that is under way is not there yet.
 * C2  Whatever may have an effect says its authority; what only reads does not, nor what was not written down.
 */

/** One governed call of a run. */
export interface RunCall {
  /** Of the event that ended it. */
  readonly seq: number;
  readonly step: string;
  readonly tool: string;
  readonly purpose: string;
  readonly outcome: string;
  readonly from: Instant;
  readonly to: Instant;
  /** Why it was refused or failed; null where it was not. */
  readonly code: string | null;
  readonly receipt_id: string | null;
  /** What let it through, or stopped it; null for a call that only reads. C2 */
  readonly authority: CallAuthority | null;
}

export interface CallAuthority {
  /** The guards that it passed, in order. */
  readonly passed: readonly string[];
  /** What each guard said that had more to say than that it passed. */
  readonly rules: readonly { readonly guard: string; readonly rule: string }[];
  /** The approval that let it through, or null. */
  readonly approval_id: string | null;
}

/** The calls of a run, in the order in which they ended. */
export function callsOf(events: readonly RecordedEvent[]): readonly RunCall[] {
  const endedIn = newEndedCalls();
  return events.flatMap((recorded) => {
    const ended = endedIn(recorded);
    return ended === null ? [] : [callOf(ended)];
  });
}

/** What of a run's calls is told. */
export interface CallsAsked {
  /** Calls are of steps; a category or a severity is not about them. */
  readonly filter: DiagnosisFilter;
  /** How long a dot of the picture lasts, within which calls that look alike are one; 0 gathers none. */
  readonly dotMs: number;
}

/** A run's calls, gathered as its events come: those that are gathered are not looked at any further. */
export interface Calls {
  readonly see: (recorded: RecordedEvent) => void;
  readonly shown: () => readonly Gathered<RunCall>[];
}

export function newCalls({ filter: { step, since, until }, dotMs }: CallsAsked): Calls {
  const endedIn = newEndedCalls();
  const gathering = newGathering(dotMs, likenessOf);
  return {
    see: (recorded) => {
      const ended = endedIn(recorded);
      if (ended === null || (step !== null && ended.event.step !== step)) return;
      if ((since === null || ended.to >= since) && (until === null || ended.from < until)) gathering.add(ended);
    },
    shown: () => gathering.shown().map(({ times, ...ended }) => ({ ...callOf(ended), times })),
  };
}

/** A call as it was written down. */
interface Ended {
  readonly seq: number;
  readonly event: RunEvent;
  readonly trace: JsonObject;
  /** What was approved last for its step. */
  readonly approvalId: string | null;
  readonly from: Instant;
  readonly to: Instant;
}

/** Sees the events of a run in order, and says of each which call ended with it. */
function newEndedCalls(): (recorded: RecordedEvent) => Ended | null {
  const approvals = new Map<string, string>();
  return ({ seq, event }) => {
    if (event.type === "approval.decided" && event.payload.decision === "approved" && event.step !== null)
      approvals.set(event.step, event.payload.approval_id);
    if (!("call" in event.payload) || !isJsonObject(event.payload.call)) return null;
    const trace = event.payload.call;
    const from = parseInstant(textOf(trace.started_at) ?? "") ?? event.at;
    const to = after(from, typeof trace.latency_ms === "number" ? trace.latency_ms : 0);
    return { seq, event, trace, approvalId: approvals.get(event.step ?? "") ?? null, from, to };
  };
}

const callOf = ({ seq, event, trace, approvalId, from, to }: Ended): RunCall => ({
  seq,
  step: event.step ?? "",
  tool: textOf(trace.tool) ?? "",
  purpose: textOf(trace.purpose) ?? "",
  outcome: outcomeOf(event, trace),
  from,
  to,
  code: codeOf(event),
  receipt_id: textOf(trace.receipt_id),
  authority: isRead(trace) ? null : authorityOf(trace.authority, approvalId),
});

const outcomeOf = ({ type }: RunEvent, trace: JsonObject): string =>
  type === "effect.unknown" ? "unknown" : (textOf(trace.outcome) ?? "");

const codeOf = ({ payload }: RunEvent): string | null =>
  "code" in payload && typeof payload.code === "string" ? payload.code : null;

/** Two calls look alike that the same tool answered alike, by the same authority. */
function likenessOf({ event, trace, approvalId }: Ended): string {
  const { authority } = trace;
  const isTold = !isRead(trace) && authority !== undefined && isJsonObject(authority);
  return JSON.stringify([
    trace.tool,
    outcomeOf(event, trace),
    codeOf(event),
    isTold ? byOf(trace, rulesOf(authority), approvalId) : null,
  ]);
}

/** What let a call through or stopped it, as far as a picture tells them apart: the approval, or the guard that refused. */
const byOf = ({ outcome }: JsonObject, rules: JsonObject, approvalId: string | null): string | null | undefined => {
  const approval = APPROVAL in rules ? approvalId : null;
  if (approval !== null) return approval;
  return outcome === "refused" ? Object.keys(rules).findLast((guard) => typeof rules[guard] === "string") : "";
};

/** A call that was let through and has no key reads. C2 */
const isRead = ({ outcome, internal_key }: JsonObject): boolean => outcome !== "refused" && internal_key === null;

function authorityOf(recorded: Json | undefined, approvalId: string | null): CallAuthority | null {
  if (recorded === undefined || !isJsonObject(recorded)) return null;
  const { passed } = recorded;
  const rules = rulesOf(recorded);
  return {
    passed: typeof passed === "string" && passed !== "" ? passed.split(" ") : [],
    rules: Object.entries(rules).flatMap(([guard, rule]) => (typeof rule === "string" ? [{ guard, rule }] : [])),
    approval_id: APPROVAL in rules ? approvalId : null,
  };
}

/** The guard whose rule says that an approval let a call through. */
const APPROVAL = "approval";

const rulesOf = ({ rules }: JsonObject): JsonObject => (rules !== undefined && isJsonObject(rules) ? rules : {});

const textOf = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
