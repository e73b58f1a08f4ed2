import { isJsonObject, type Json, type JsonObject } from "../contracts/index.ts";
import type { DocumentPatch, RunEvent, RunEventOf } from "./events.ts";
import type { AgentEvent } from "./fold-agent.ts";
import type { Stimulus } from "./stimulus.ts";

/** What had reached the run when this event was recorded; null for what the run did by itself. */
export function recordedStimulus(event: RunEvent): Stimulus | null {
  const step = event.step ?? "";
  switch (event.type) {
    case "step.succeeded":
      return { kind: "succeeded", step, output: outputOf(event.payload), ...event.payload };
    case "compensation.succeeded":
      return { kind: "succeeded", step, output: {}, ...event.payload };
    case "step.failed":
      return { kind: "failed", step, effect: "none", ...event.payload, ...delayOf(event.payload) };
    case "call.refused":
      return { kind: "refused", step, ...event.payload, ...delayOf(event.payload) };
    case "effect.unknown":
      return { kind: "failed", step, effect: "unknown", lookAt: event.payload.look_at, ...event.payload };
    case "compensation.failed":
      return { kind: "failed", step, ...event.payload, ...delayOf(event.payload) };
    case "poll.completed":
      return pollAnswer(event, step);
    case "effect.resolved": {
      const { lane, by } = event.payload;
      if (event.payload.resolution === "not_applied") return { kind: "effect_resolved", lane, by, applied: false };
      const { receipt_id } = event.payload;
      return { kind: "effect_resolved", lane, by, applied: true, output: outputOf(event.payload), receipt_id };
    }
    case "approval.requested":
      return { kind: "approval_requested", step, ...event.payload };
    case "approval.decided":
      return { kind: "approval_decided", ...event.payload };
    case "approval.escalated":
      return { kind: "approval_escalated", ...event.payload };
    case "agent.checkpointed":
    case "agent.called":
    case "agent.interrupted":
    case "agent.resumed":
    case "agent.rested":
      return agentDid(event, step);
    case "signal.received":
      return { kind: "signal", ...event.payload };
    case "wait.released":
      return { kind: "resume", lane: event.payload.lane, by: event.payload.by, payload: outputOf(event.payload) };
    case "run.upgraded":
      return { kind: "upgrade", ...event.payload };
    case "run.cancel_requested":
      return { kind: "cancel", ...event.payload };
    case "run.started":
    case "branch.taken":
    case "branch.failed":
    case "parallel.started":
    case "parallel.joined":
    case "parallel.failed":
    case "lane.cancelled":
    case "lane.ignored":
    case "run.started_child":
    case "wait.started":
    case "wait.resumed":
    case "wait.elapsed":
    case "wait.timed_out":
    case "bound.reached":
    case "run.failing":
    case "compensation.started":
    case "handling.started":
    case "run.suspended":
    case "run.ended":
      return null;
  }
}

/** An output is recorded once, inside the patch that stores it; a compensation's output is stored nowhere. */
function outputOf(payload: { readonly patch: DocumentPatch }): JsonObject {
  const value: Json | undefined = payload.patch[0]?.value;
  return isJsonObject(value) ? value : {};
}

function agentDid(event: AgentEvent, step: string): Stimulus {
  const ref = { kind: "agent", step, lane: event.payload.lane, attempt: event.payload.attempt } as const;
  switch (event.type) {
    case "agent.checkpointed":
      return { ...ref, fact: { type: event.type, payload: factOf(event.payload) } };
    case "agent.called":
      return { ...ref, fact: { type: event.type, payload: factOf(event.payload) } };
    case "agent.interrupted":
      return { ...ref, fact: { type: event.type, payload: factOf(event.payload) } };
    case "agent.resumed":
      return { ...ref, fact: { type: event.type, payload: factOf(event.payload) } };
    case "agent.rested":
      return { ...ref, fact: { type: event.type, payload: factOf(event.payload) } };
  }
}

function factOf<T extends { readonly lane: string; readonly attempt: number }>(
  payload: T,
): Omit<T, "lane" | "attempt"> {
  const { lane: _lane, attempt: _attempt, ...fact } = payload;
  return fact;
}

const delayOf = ({ retry_after_ms }: { readonly retry_after_ms: number | null }) =>
  retry_after_ms === null ? {} : { retryAfterMs: retry_after_ms };

function pollAnswer({ payload }: RunEventOf<"poll.completed">, step: string): Stimulus {
  const { lane, attempt, spent, call } = payload;
  const answer = { lane, step, attempt, spent, call };
  const output = payload.satisfied ? outputOf(payload) : payload.output;
  if (output !== null) return { kind: "succeeded", ...answer, output, receipt_id: null, reused: false };
  const { code, message } = (payload.satisfied ? null : payload.error) ?? { code: "INTERNAL", message: "" };
  return { kind: "failed", ...answer, code, message, effect: "none" };
}
