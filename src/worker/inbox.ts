import type { InboxEntry } from "../ledger/index.ts";
import type { ApprovalDecision, RunState, Stimulus } from "../run/index.ts";

const DECISIONS: { readonly [status: string]: ApprovalDecision } = {
  APPROVED: "approved",
  DENIED: "denied",
  TIMED_OUT: "timed_out",
  VOIDED: "voided",
};

/**
 * What an inbox entry means to the run; null when it means nothing (any more). Payloads were written by this program: see
 * `tellRun` and its callers.
 */
export function stimulusOf(state: RunState, entry: InboxEntry): Stimulus | null {
  const payload = JSON.parse(entry.payload);
  switch (entry.kind) {
    case "signal":
      return {
        kind: "signal",
        signal_id: entry.inbox_id,
        event_type: payload.event_type,
        entity_id: payload.entity_id,
        payload: payload.payload,
      };
    case "approval": {
      const decision = DECISIONS[payload.status];
      return decision === undefined
        ? null
        : { kind: "approval_decided", approval_id: payload.approval_id, decision, by: payload.by };
    }
    case "cancel":
      return { kind: "cancel", by: entry.actor, reason: payload.reason };
    case "resume": {
      const lane = payload.lane ?? waitingLane(state);
      return lane === null ? null : { kind: "resume", lane, by: entry.actor, payload: payload.payload ?? {} };
    }
    case "resolve": {
      const lane = payload.lane ?? unknownLane(state);
      if (lane === null) return null;
      return payload.applied
        ? {
            kind: "effect_resolved",
            lane,
            by: entry.actor,
            applied: true,
            output: payload.output,
            receipt_id: payload.receipt_id,
          }
        : { kind: "effect_resolved", lane, by: entry.actor, applied: false };
    }
  }
}

const laneIn = (state: RunState, kind: string): string | null =>
  Object.values(state.lanes).find(({ phase }) => phase.kind === kind)?.id ?? null;

const waitingLane = (state: RunState): string | null => laneIn(state, "waiting");

const unknownLane = (state: RunState): string | null => laneIn(state, "unknown");
