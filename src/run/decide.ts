import type { Instant } from "../contracts/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { decideInterrupt, settleAgent } from "./decide-agent.ts";
import { settleCompensation } from "./decide-compensation.ts";
import type { CompensationDefinition } from "./definition.ts";
import { type ApprovalDecision, type RunEvent, runEvent } from "./events.ts";
import { isEnded, storing } from "./fold.ts";
import { beingUndone } from "./fold-compensation.ts";
import { lanesOf, presentStep } from "./lane.ts";
import { compensationOf, heldBy } from "./rollback.ts";
import { resolveEffect, settleCall } from "./settle.ts";
import { COMPENSATION, type CompensationProgress, type Lane, type RunState } from "./state.ts";
import type { Stimulus } from "./stimulus.ts";
import { awaitedEvents, outputKey } from "./waiting.ts";

// D1  A stimulus gives one event, or none where the run no longer expects it. What follows from it, `advance` finds.
// D2  An answer counts only for the lane, step and attempt it was asked for; so a late or repeated one changes nothing.

/** Signals that are kept until a WAIT step takes them; more are not taken in. */
const SIGNALS_MAX = 100;

/**
 * The fact that a stimulus adds to a run; empty when the run has ended or no longer expects it.
 *
 * @param now the worker's clock, recorded as the event's `at`
 */
export function decide(
  workflow: CompiledWorkflow,
  state: RunState,
  stimulus: Stimulus,
  now: Instant,
): readonly RunEvent[] {
  const event = isEnded(state) ? null : factOf(workflow, state, stimulus, now);
  return event === null ? [] : [event];
}

function factOf(workflow: CompiledWorkflow, state: RunState, stimulus: Stimulus, now: Instant): RunEvent | null {
  switch (stimulus.kind) {
    case "succeeded":
    case "failed":
    case "refused":
      return stimulus.lane === COMPENSATION
        ? settleCompensation(workflow, state, stimulus, now)
        : settleCall(workflow, state, stimulus, now);
    case "approval_requested":
      return requestApproval(state, stimulus, now);
    case "approval_decided":
      return decideApproval(workflow, state, stimulus, now);
    case "approval_escalated":
      return escalateApproval(state, stimulus, now);
    case "signal":
      return takeSignal(workflow, state, stimulus, now);
    case "resume":
      return resumeByHand(workflow, state, stimulus, now);
    case "cancel":
      return cancel(state, stimulus, now);
    case "upgrade":
      return upgrade(state, stimulus, now);
    case "agent":
      return settleAgent(workflow, state, stimulus, now);
    case "effect_resolved":
      return resolveEffect(workflow, state, stimulus, now);
  }
}

type Of<K extends Stimulus["kind"]> = Extract<Stimulus, { readonly kind: K }>;

function requestApproval(state: RunState, asked: Of<"approval_requested">, now: Instant): RunEvent | null {
  const { lane, step, attempt, approval_id, timeout_at } = asked;
  const { compensation } = state;
  const isAsking = lane === COMPENSATION && compensation !== null && mayAskToUndo(compensation, asked);
  const present = state.lanes[lane];
  const isCalling = present !== undefined && present.step === step && mayAsk(present.phase, attempt);
  if (!isAsking && !isCalling) return null; // D2
  return runEvent("approval.requested", now, step, { lane, attempt, approval_id, timeout_at });
}

/** About undoing the present step of the plan, or about one that failed for good. */
const mayAskToUndo = (compensation: CompensationProgress, { step, attempt }: Of<"approval_requested">): boolean =>
  (beingUndone(compensation) === step && mayAsk(compensation.phase, attempt)) ||
  compensation.escalated.some((failed) => failed.step === step && failed.phase.kind === "asking");

const mayAsk = (phase: Lane["phase"], attempt: number): boolean =>
  phase.kind === "asking" || ((phase.kind === "ready" || phase.kind === "retry") && phase.attempt === attempt);

const CODES_OF: { readonly [decision in ApprovalDecision]: string | null } = {
  approved: null,
  denied: "HITL_DENIED",
  timed_out: "HITL_TIMEOUT",
  voided: "BASE_DRIFTED",
};

function decideApproval(
  workflow: CompiledWorkflow,
  state: RunState,
  { approval_id, decision, by }: Of<"approval_decided">,
  now: Instant,
): RunEvent | null {
  const code = CODES_OF[decision];
  const interrupt = decideInterrupt(workflow, state, { approval_id, decision, by }, { refusal: code, now });
  if (interrupt !== null) return interrupt;
  const waiting = waitingFor(state, approval_id);
  if (waiting === null) return null;
  const { lane, step, isEscalated } = waiting;
  const undone = lane === COMPENSATION && step !== null ? compensationOf(workflow, step) : null;
  const action = code === null || isEscalated || undone === null ? null : afterRefusal(undone, decision);
  const held = lane === COMPENSATION ? (state.compensation?.held ?? []) : [];
  const keep =
    code === null ? [] : (state.compensation?.plan ?? []).filter((id) => held.includes(heldBy(workflow, id) ?? ""));
  return runEvent("approval.decided", now, step, { lane, approval_id, decision, by, code, action, keep });
}

/** Who has said no is not asked again whether it is to be tried. */
function afterRefusal({ on_compensation_failure }: CompensationDefinition, decision: ApprovalDecision) {
  return decision === "denied" && on_compensation_failure === "ESCALATE" ? "ALERT" : on_compensation_failure;
}

function escalateApproval(
  state: RunState,
  { approval_id, level, timeout_at }: Of<"approval_escalated">,
  now: Instant,
): RunEvent | null {
  const waiting = waitingFor(state, approval_id);
  if (waiting === null) return null;
  return runEvent("approval.escalated", now, waiting.step, { lane: waiting.lane, approval_id, level, timeout_at });
}

interface Waiting {
  readonly lane: string;
  readonly step: string | null;
  /** Whether it was asked about a compensation that failed. */
  readonly isEscalated: boolean;
}

function waitingFor(state: RunState, approvalId: string): Waiting | null {
  const isIt = (phase: Lane["phase"]) => phase.kind === "approval" && phase.approval_id === approvalId;
  const lane = lanesOf(state).find(({ phase }) => isIt(phase));
  if (lane !== undefined) return { lane: lane.id, step: lane.step, isEscalated: false };
  const { compensation } = state;
  if (compensation === null) return null;
  const failed = compensation.escalated.find(({ phase }) => isIt(phase));
  if (failed !== undefined) return { lane: COMPENSATION, step: failed.step, isEscalated: true };
  return isIt(compensation.phase) ? { lane: COMPENSATION, step: beingUndone(compensation), isEscalated: false } : null;
}

/** Kept if some WAIT step may still want it, so that an event that outruns its step is not lost. */
function takeSignal(
  workflow: CompiledWorkflow,
  state: RunState,
  { signal_id, event_type, entity_id, payload }: Of<"signal">,
  now: Instant,
): RunEvent | null {
  const isWanted = awaitedEvents(workflow, state).includes(event_type);
  const isKnown = state.signals.some((signal) => signal.signal_id === signal_id);
  if (!isWanted || isKnown || state.signals.length >= SIGNALS_MAX) return null;
  return runEvent("signal.received", now, null, { signal_id, event_type, entity_id, payload });
}

function resumeByHand(
  workflow: CompiledWorkflow,
  state: RunState,
  { lane: id, by, payload }: Of<"resume">,
  now: Instant,
): RunEvent | null {
  const lane = state.lanes[id];
  const definition = lane === undefined ? undefined : presentStep(workflow, lane)?.definition;
  if (lane?.phase.kind !== "waiting" || definition?.type !== "WAIT" || definition.wait_for.type !== "MANUAL")
    return null;
  const stored = storing(state, outputKey(definition), payload);
  return runEvent("wait.released", now, definition.id, { lane: id, by, next: definition.next_step ?? null, ...stored });
}

/** A run that already fails is not cancelled: it is being undone anyway, and keeps its code. */
function cancel(state: RunState, { by, reason }: Of<"cancel">, now: Instant): RunEvent | null {
  if (state.cancel_requested || state.failure !== null) return null;
  return runEvent("run.cancel_requested", now, null, { by, reason });
}

/** Only from the version that the run is on. */
function upgrade(state: RunState, { from, to, by, proof }: Of<"upgrade">, now: Instant): RunEvent | null {
  return state.pack_digest === from ? runEvent("run.upgraded", now, null, { from, to, by, proof }) : null;
}
