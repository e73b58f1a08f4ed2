import { after, type Instant, isJsonObject, type Json, parseInstant } from "../contracts/index.ts";
import type { RunEvent } from "../run/index.ts";

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
export function callsOf(events: readonly { readonly seq: number; readonly event: RunEvent }[]): readonly RunCall[] {
  const approvals = new Map<string, string>();
  return events.flatMap(({ seq, event }) => {
    if (event.type === "approval.decided" && event.payload.decision === "approved" && event.step !== null)
      approvals.set(event.step, event.payload.approval_id);
    return "call" in event.payload && isJsonObject(event.payload.call)
      ? [callOf({ seq, event, trace: event.payload.call, approvalId: approvals.get(event.step ?? "") ?? null })]
      : [];
  });
}

interface Ended {
  readonly seq: number;
  readonly event: RunEvent;
  readonly trace: { readonly [name: string]: Json };
  readonly approvalId: string | null;
}

function callOf({ seq, event, trace, approvalId }: Ended): RunCall {
  const from = parseInstant(textOf(trace.started_at) ?? "") ?? event.at;
  const latency = typeof trace.latency_ms === "number" ? trace.latency_ms : 0;
  return {
    seq,
    step: event.step ?? "",
    tool: textOf(trace.tool) ?? "",
    purpose: textOf(trace.purpose) ?? "",
    outcome: event.type === "effect.unknown" ? "unknown" : (textOf(trace.outcome) ?? ""),
    from,
    to: after(from, latency),
    code: "code" in event.payload && typeof event.payload.code === "string" ? event.payload.code : null,
    receipt_id: textOf(trace.receipt_id),
    authority: isRead(trace) ? null : authorityOf(trace.authority, approvalId),
  };
}

/** A call that was let through and has no key reads. C2 */
const isRead = ({ outcome, internal_key }: Ended["trace"]): boolean => outcome !== "refused" && internal_key === null;

function authorityOf(recorded: Json | undefined, approvalId: string | null): CallAuthority | null {
  if (recorded === undefined || !isJsonObject(recorded)) return null;
  const { passed, rules } = recorded;
  const said = rules !== undefined && isJsonObject(rules) ? Object.entries(rules) : [];
  return {
    passed: typeof passed === "string" && passed !== "" ? passed.split(" ") : [],
    rules: said.flatMap(([guard, rule]) => (typeof rule === "string" ? [{ guard, rule }] : [])),
    approval_id: said.some(([guard]) => guard === "approval") ? approvalId : null,
  };
}

const textOf = (value: Json | undefined): string | null => (typeof value === "string" ? value : null);
