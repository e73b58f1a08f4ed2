import { digestOf, type Instant } from "../contracts/index.ts";
import type { Bounds } from "../guard/index.ts";
import { boundReached, boundRefused, isBoundCode, type Moment } from "./bound.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import type { StepDefinition } from "./definition.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { isEnded } from "./fold.ts";
import { isUndone } from "./fold-compensation.ts";
import { firstFailed, ignoreBranch, isSurplus, joinParallel, settleFailedBranch } from "./join.ts";
import { isSettled, lanesOf, mayBeWriting, parallelOf, stepOf } from "./lane.ts";
import { applyMapping } from "./mapping.ts";
import { endOf } from "./outcome.ts";
import { startUndoing } from "./rollback.ts";
import { type Lane, MAIN, type RunState, type RunStatus } from "./state.ts";
import { endWaiting, startWaiting } from "./waiting.ts";

/**
 * The one thing that happens next without anybody's doing: a pure function of state and time, so a replay that feeds the
 * recorded instants takes the same transitions. Null when only calls, people, events or time can move the run.
 */
export function transition(workflow: CompiledWorkflow, bounds: Bounds, state: RunState, now: Instant): RunEvent | null {
  if (isEnded(state)) return null;
  const moment = { workflow, bounds, state, now };
  return transitionOf(moment) ?? suspension(moment);
}

function transitionOf(moment: Moment): RunEvent | null {
  switch (moment.state.stage) {
    case "forward":
    case "handling":
      return goOn(moment);
    case "draining":
    case "closing":
      return drain(moment);
    case "compensating":
      return moment.state.compensation !== null && isUndone(moment.state.compensation) ? afterUndoing(moment) : null;
  }
}

function goOn(moment: Moment): RunEvent | null {
  const { workflow, bounds, state, now } = moment;
  if (state.cancel_requested && state.stage === "forward") {
    return runEvent("run.failing", now, null, {
      code: "RUN_CANCELLED",
      message: "the run was cancelled",
      on_failure: null,
      rollback: true,
    });
  }
  const bound = boundReached(workflow, bounds, state, now);
  if (bound !== null) return bound;
  const lanes = lanesOf(state);
  for (const lane of lanes) {
    const event = moveOf(moment, lane);
    if (event !== null) return event;
  }
  // A branch that failed is first ignored, or undone and ignored: until then the run is not finished.
  const resting = lanes.every((lane) => isSettled(lane) && lane.phase.kind !== "failed");
  const finished = resting && state.lanes[MAIN]?.phase.kind === "succeeded";
  return finished ? endOf(workflow, state, now) : null;
}

function moveOf(moment: Moment, lane: Lane): RunEvent | null {
  const { workflow, state, now } = moment;
  if (isSurplus(workflow, state, lane)) return cancelLane(lane, now);
  const { definition } = lane.step === null ? { definition: null } : stepOf(workflow, lane.step);
  if (definition === null) return null;
  switch (lane.phase.kind) {
    case "ready":
      return startStep(moment, lane, definition);
    case "waiting":
      return definition.type === "WAIT" ? endWaiting(state, lane, definition, lane.phase, now) : null;
    case "branching":
      return definition.type === "PARALLEL" ? joinParallel(state, definition, now) : null;
    case "failed":
      return settleFailed(moment, lane, lane.phase);
    case "retry":
    case "asking":
    case "interrupted":
    case "approval":
    case "unknown":
    case "succeeded":
    case "ignored":
    case "cancelled":
      return null;
  }
}

/** Steps that need no call happen at once; a TOOL or COMPENSATION step waits for its call. */
function startStep(moment: Moment, lane: Lane, definition: StepDefinition): RunEvent | null {
  const { workflow, state, now } = moment;
  switch (definition.type) {
    case "TOOL":
    case "COMPENSATION":
    case "AGENT":
      return null;
    case "BRANCH":
      return takeBranch(moment, lane, definition);
    case "PARALLEL":
      return runEvent("parallel.started", now, definition.id, { lane: lane.id, lanes: definition.parallel_steps });
    case "WAIT":
      return startWaiting(state, lane, stepOf(workflow, definition.id), definition, now);
    case "START_RUN":
      return runEvent("run.started_child", now, definition.id, {
        lane: lane.id,
        next: definition.next_step ?? null,
        workflow: definition.workflow,
        input: applyMapping(stepOf(workflow, definition.id).input, state.document),
      });
  }
}

/** A BRANCH never guesses: a condition that cannot be evaluated fails the step. */
function takeBranch(
  { workflow, state, now }: Moment,
  lane: Lane,
  definition: Extract<StepDefinition, { readonly type: "BRANCH" }>,
): RunEvent {
  const decided = stepOf(workflow, definition.id).condition?.(state.document, state.started_at);
  if (decided?.ok !== true) {
    const message = decided?.refusal.message ?? "the condition was not compiled";
    return runEvent("branch.failed", now, definition.id, { lane: lane.id, code: "CONDITION_EVAL_ERROR", message });
  }
  const next = decided.value ? definition.if_true : definition.if_false;
  return runEvent("branch.taken", now, definition.id, { lane: lane.id, taken: decided.value, next });
}

function settleFailed(
  moment: Moment,
  lane: Lane,
  failed: { readonly code: string; readonly message: string },
): RunEvent | null {
  const { workflow, state, now } = moment;
  if (isBoundCode(failed.code)) return boundRefused(moment, lane, failed);
  if (state.compensation?.lane === lane.id && state.compensation.phase.kind === "failed") {
    const aborted = { code: "COMPENSATION_ABORTED", message: "compensation was aborted" };
    return runEvent("run.failing", now, lane.step, { ...aborted, on_failure: null, rollback: false });
  }
  const settled = settleFailedBranch(workflow, state, lane, now);
  return settled === "fatal" ? failRun(moment, lane, failed) : settled;
}

/** Ends the way forward. The failing step's own edges come first, then those of the PARALLEL step around it. */
function failRun(
  { workflow, state, now }: Moment,
  lane: Lane,
  { code, message }: { readonly code: string; readonly message: string },
): RunEvent {
  const at = lane.step === null ? null : stepOf(workflow, lane.step).definition;
  const branch = at?.type === "PARALLEL" ? firstFailed(state, at) : undefined;
  const cause = branch?.step == null ? at : stepOf(workflow, branch.step).definition;
  const edges = [cause, at, parallelOf(workflow, lane)].filter((step) => step !== null).map(failureEdge);
  return runEvent("run.failing", now, cause?.id ?? null, {
    code,
    message,
    on_failure: edges.find(({ on_failure }) => on_failure !== undefined)?.on_failure ?? null,
    rollback: edges.every(({ compensate }) => compensate !== false),
  });
}

const failureEdge = (step: StepDefinition): { readonly on_failure?: string; readonly compensate?: boolean } =>
  step.type === "BRANCH" || step.type === "START_RUN" ? {} : step;

/** Lets every lane come to rest; then undoes, handles, ends. */
function drain(moment: Moment): RunEvent | null {
  const { workflow, state, now } = moment;
  const lanes = lanesOf(state);
  const idle = lanes.find((lane) => !isSettled(lane) && !mayBeWriting(workflow, lane));
  if (idle !== undefined) return cancelLane(idle, now);
  const undone = state.compensation?.lane;
  if (state.compensation !== null && undone != null && !isUndone(state.compensation)) return null;
  if (!lanes.every(isSettled)) return null;
  return state.stage === "closing" ? endOf(workflow, state, now) : (rollBack(moment) ?? afterUndoing(moment));
}

function rollBack({ workflow, state, now }: Moment): RunEvent | null {
  const lane = state.compensation?.lane == null ? undefined : state.lanes[state.compensation.lane];
  if (lane?.phase.kind === "failed" && state.compensation?.phase.kind !== "failed")
    return ignoreBranch(state, lane, now);
  return state.failure?.rollback === true ? startUndoing(workflow, state, null, now) : null;
}

function afterUndoing({ workflow, state, now }: Moment): RunEvent {
  const next = state.failure?.on_failure ?? null;
  const aborted = state.compensation?.phase.kind === "failed";
  return next === null || aborted ? endOf(workflow, state, now) : runEvent("handling.started", now, next, { next });
}

const cancelLane = (lane: Lane, now: Instant): RunEvent =>
  runEvent("lane.cancelled", now, lane.step, {
    lane: lane.id,
    approval_id: lane.phase.kind === "approval" ? lane.phase.approval_id : null,
  });

/** Records that nothing but people, events or time can move the run on; the document is sealed by its hash. */
function suspension({ state, now }: Moment): RunEvent | null {
  const status = restingStatus(state);
  if (status === null || state.status === status) return null;
  return runEvent("run.suspended", now, null, { status, document_sha256: digestOf(state.document) });
}

function restingStatus(state: RunState): RunStatus | null {
  if (state.stage === "compensating" || state.lanes[MAIN]?.phase.kind === "ready") return null;
  const kinds = Object.values(state.lanes).map(({ phase }) => phase.kind);
  const undoing = state.compensation !== null && !isUndone(state.compensation) ? state.compensation.phase.kind : null;
  if (kinds.includes("ready") || kinds.includes("retry") || undoing === "ready" || undoing === "retry") return null;
  if (kinds.includes("approval") || kinds.includes("interrupted") || undoing !== null) return "SUSPENDED_HITL";
  return kinds.includes("waiting") || kinds.includes("unknown") ? "SUSPENDED_WAIT" : null;
}
