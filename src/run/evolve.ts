import { assert, formatInstant, type Instant, type JsonObject } from "../contracts/index.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { type RunEvent, type RunEventOf, type RunPayloads, runEvent } from "./events.ts";
import {
  completed,
  countStep,
  laneFailed,
  moved,
  moveLane,
  patchDocument,
  resume,
  setLane,
  spend,
  stepDone,
  stepRetried,
  suspend,
} from "./fold.ts";
import { foldAgent } from "./fold-agent.ts";
import { foldApproval } from "./fold-approval.ts";
import { foldCompensation } from "./fold-compensation.ts";
import { foldWaiting } from "./fold-waiting.ts";
import { type Failure, MAIN, type RunIdentity, type RunState } from "./state.ts";

// I1  A state is the fold of its events and of nothing else: same events, same state.
// I2  Folding never fails and never asks the workflow: an event carries all that the fold needs.
// I3  The document changes only by patches, and its version rises by one with each.
// I4  Once a run has ended, no event changes it.

/** The first event of a run. A payload that its trigger's schema refuses gives a run that only has to end. */
export function startRun(
  workflow: CompiledWorkflow,
  identity: RunIdentity,
  trigger: JsonObject,
  now: Instant,
): RunEventOf<"run.started"> {
  const parsed = workflow.parseTrigger(trigger);
  const run = {
    run_id: identity.run_id,
    tenant_id: identity.tenant_id,
    correlation_id: identity.correlation_id,
    started_at: formatInstant(identity.started_at),
  };
  return runEvent("run.started", now, null, {
    identity,
    entry: workflow.entry,
    document: { trigger: parsed.ok ? parsed.value : trigger, run },
    refusal: parsed.ok ? null : { code: "INVALID_INPUT", message: parsed.refusal.message },
  });
}

/** The state after a run's first event. */
export function initialState(event: RunEventOf<"run.started">): RunState {
  const { identity, entry, document, refusal } = event.payload;
  const main = { id: MAIN, step: entry, phase: { kind: "ready", attempt: 1 }, counted: false } as const;
  const failure: Failure | null = refusal && { ...refusal, step: null, on_failure: null, rollback: false };
  return {
    ...identity,
    status: "RUNNING",
    stage: failure === null ? "forward" : "closing",
    outcome: null,
    code: null,
    document,
    document_version: 1,
    lanes: failure === null ? { [MAIN]: main } : {},
    steps: {},
    counters: { steps: 0, tool_calls: 0, tool_calls_per_type: {}, tokens: 0, active_ms: 0 },
    marks: [],
    retries: 0,
    failure,
    compensation: null,
    leftover: false,
    signals: [],
    agents: {},
    cancel_requested: false,
    active_since: event.at,
  };
}

/** The state after a run's recorded events, the first of which is `run.started`. */
export function foldRun(events: readonly RunEvent[]): RunState {
  const [first, ...rest] = events;
  assert(first?.type === "run.started", "a run's first event is run.started");
  return rest.reduce(evolve, initialState(first));
}

/** The state after one more event. */
export function evolve(state: RunState, event: RunEvent): RunState {
  if (state.outcome !== null) return state; // I4
  switch (event.type) {
    case "run.started":
      return state;
    case "step.succeeded":
      return stepDone(state, event);
    case "step.failed":
    case "call.refused":
      return event.payload.retry_at === null
        ? laneFailed(spent(state, event.payload), event.step, event.payload, event.at)
        : stepRetried(state, event, event.payload.retry_at);
    case "effect.unknown":
      return effectUnknown(state, event);
    case "effect.resolved":
      return effectResolved(resume(state, event.at), event);
    case "branch.taken":
      return moveLane(countStep(state, event.payload.lane), event.payload.lane, event.payload.next);
    case "branch.failed":
      return laneFailed(countStep(state, event.payload.lane), event.step, event.payload, event.at);
    case "parallel.started":
      return parallelStarted(state, event.payload);
    case "parallel.joined":
      return moveLane(completed(state, event.step, event.payload.lane, 1, null), MAIN, event.payload.next);
    case "parallel.failed":
      return laneFailed(state, event.step, event.payload, event.at);
    case "lane.cancelled":
      return closeLane(state, event.payload.lane);
    case "lane.ignored":
      return laneIgnored(state, event.payload);
    case "run.started_child":
      return moved(countStep(state, event.payload.lane), event.step, event.payload, event.at);
    case "wait.started":
    case "wait.resumed":
    case "wait.released":
    case "wait.elapsed":
    case "wait.timed_out":
    case "poll.completed":
    case "signal.received":
      return foldWaiting(state, event);
    case "approval.requested":
    case "approval.escalated":
    case "approval.decided":
      return foldApproval(state, event);
    case "agent.checkpointed":
    case "agent.called":
    case "agent.interrupted":
    case "agent.resumed":
    case "agent.rested":
      return foldAgent(state, event);
    case "bound.reached":
      return failing(state, event, { on_failure: null, rollback: true });
    case "run.failing":
      return failing(state, event, event.payload);
    case "compensation.started":
    case "compensation.succeeded":
    case "compensation.failed":
      return foldCompensation(state, event);
    case "handling.started":
      return handlingStarted(state, event.payload.next);
    case "run.upgraded":
      return { ...state, pack_digest: event.payload.to };
    case "run.cancel_requested":
      return { ...state, cancel_requested: true };
    case "run.suspended":
      return suspend(state, event.payload.status, event.at);
    case "run.ended":
      return {
        ...suspend(state, event.payload.status, event.at),
        outcome: event.payload.outcome,
        code: event.payload.code,
      };
  }
}

const spent = (state: RunState, payload: Pick<RunPayloads["step.failed"], "lane" | "attempt" | "spent">): RunState =>
  spend(countStep(state, payload.lane), payload.spent, payload.attempt === 1);

function attemptFailed(
  state: RunState,
  step: string | null,
  payload: Pick<RunPayloads["step.failed"], "lane" | "attempt" | "code" | "message" | "retry_at">,
  at: Instant,
): RunState {
  if (payload.retry_at === null) return laneFailed(state, step, payload, at);
  const phase = { kind: "retry", attempt: payload.attempt + 1, at: payload.retry_at } as const;
  return resume({ ...setLane(state, payload.lane, phase), retries: state.retries + 1 }, at);
}

function effectUnknown(state: RunState, event: RunEventOf<"effect.unknown">): RunState {
  const { lane, attempt, code, look_at } = event.payload;
  return setLane(spent(state, event.payload), lane, {
    kind: "unknown",
    attempt,
    look_at,
    code,
  });
}

function effectResolved(state: RunState, event: RunEventOf<"effect.resolved">): RunState {
  const { payload } = event;
  if (payload.resolution === "not_applied") return attemptFailed(state, event.step, payload, event.at);
  const stored = patchDocument(state, payload);
  return moveLane(
    completed(stored, event.step, payload.lane, payload.attempt, payload.receipt_id),
    payload.lane,
    payload.next,
  );
}

function parallelStarted(state: RunState, payload: RunPayloads["parallel.started"]): RunState {
  const started = setLane(countStep(state, payload.lane), payload.lane, { kind: "branching" });
  const branches = payload.lanes.map((id) => [
    id,
    { id, step: id, phase: { kind: "ready", attempt: 1 }, counted: false } as const,
  ]);
  return { ...started, lanes: { ...started.lanes, ...Object.fromEntries(branches) } };
}

const closeLane = (state: RunState, id: string): RunState => ({
  ...state,
  lanes: { ...state.lanes, [id]: { id, step: null, phase: { kind: "cancelled" }, counted: false } },
});

function laneIgnored(state: RunState, payload: RunPayloads["lane.ignored"]): RunState {
  const compensation = state.compensation?.lane === payload.lane ? null : state.compensation;
  const ignored = setLane(state, payload.lane, { kind: "ignored", code: payload.code });
  return { ...patchDocument(ignored, payload), compensation };
}

/** The first failure stays the run's; one in its on_failure chain only ends the chain. */
function failing(
  state: RunState,
  event: RunEventOf<"bound.reached"> | RunEventOf<"run.failing">,
  then: Pick<Failure, "on_failure" | "rollback">,
): RunState {
  const active = resume(state, event.at);
  if (state.failure !== null) return { ...active, stage: "closing", leftover: true };
  const { code, message } = event.payload;
  const { on_failure, rollback } = then;
  return { ...active, stage: "draining", failure: { code, message, step: event.step, on_failure, rollback } };
}

const handlingStarted = (state: RunState, next: string): RunState => ({
  ...state,
  stage: "handling",
  status: "RUNNING",
  lanes: { [MAIN]: { id: MAIN, step: next, phase: { kind: "ready", attempt: 1 }, counted: false } },
});
