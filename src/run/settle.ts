import { after, type Instant } from "../contracts/index.ts";
import { DEFAULT_DELAYS, jitterFraction, retryDelayMs } from "./backoff.ts";
import { isBoundCode } from "./bound.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled.ts";
import { withCallPlan } from "./decide-agent.ts";
import type { RetryPolicy, StepDefinition, WaitStep } from "./definition.ts";
import { type Exhausted, type RunEvent, runEvent } from "./events.ts";
import { isDraining, storing } from "./fold.ts";
import { attemptOf, presentStep } from "./lane.ts";
import type { RunState } from "./state.ts";
import type { CallFailed, CallRefused, CallSucceeded, EffectResolution } from "./stimulus.ts";
import { outputKey } from "./waiting.ts";

type Answer = CallSucceeded | CallFailed | CallRefused;

/** Attempts of a call that undoes something, where its definition does not say. */
const UNDO_ATTEMPTS_MAX = 3;

/** The answer to a step's call or poll as an event; null when the lane did not wait for this answer. */
export function settleCall(workflow: CompiledWorkflow, state: RunState, answer: Answer, now: Instant): RunEvent | null {
  const lane = state.lanes[answer.lane];
  if (lane === undefined || lane.step !== answer.step || attemptOf(lane.phase) !== answer.attempt) return null;
  const step = presentStep(workflow, lane);
  if (step === null) return null;
  const { definition } = step;
  if (definition.type === "WAIT") {
    return lane.phase.kind === "waiting" ? settlePoll(state, step, definition, answer, now) : null;
  }
  return answer.kind === "succeeded"
    ? succeed(state, step, answer, now)
    : fail(workflow, state, { definition, answer, now });
}

function succeed(state: RunState, step: CompiledStep, answer: CallSucceeded, now: Instant): RunEvent {
  const { definition } = step;
  const { lane, attempt, receipt_id, reused, spent, call } = answer;
  const output =
    definition.type === "AGENT" ? withCallPlan(step, state.agents[definition.id], answer.output) : answer.output;
  const { patch, document_version } = storing(state, keyOf(definition), output);
  // In the order in which the ledger writes them: it would sort them otherwise, for every step.
  return runEvent("step.succeeded", now, answer.step, {
    attempt,
    call,
    document_version,
    lane,
    next: nextOf(definition),
    patch,
    receipt_id,
    reused,
    spent,
  });
}

const nextOf = (definition: StepDefinition): string | null =>
  "next_step" in definition ? (definition.next_step ?? null) : null;

const keyOf = (definition: StepDefinition): string =>
  "output_key" in definition ? outputKey(definition) : definition.id;

interface Failing {
  readonly definition: StepDefinition;
  readonly answer: CallFailed | CallRefused;
  readonly now: Instant;
}

function fail(workflow: CompiledWorkflow, state: RunState, { definition, answer, now }: Failing): RunEvent {
  const { lane, attempt, code, message, spent, call } = answer;
  if (answer.kind === "failed" && answer.effect === "unknown") {
    const look_at = answer.lookAt ?? null;
    return runEvent("effect.unknown", now, answer.step, { lane, attempt, code, message, look_at, spent, call });
  }
  const retry_after_ms = answer.retryAfterMs ?? null;
  const retry = retryOf(workflow, state, definition, { ...answer, now });
  const payload = { lane, attempt, code, message, ...retry, retry_after_ms, spent, call };
  return answer.kind === "refused"
    ? runEvent("call.refused", now, answer.step, { ...payload, stage: answer.stage })
    : runEvent("step.failed", now, answer.step, payload);
}

/** Retries of all steps of a run, where its workflow does not say. */
const RETRIES_MAX = 10;

interface Next {
  readonly final: boolean;
  readonly retry_at: Instant | null;
  readonly exhausted: Exhausted | null;
}

const NO_NEXT: Next = { final: true, retry_at: null, exhausted: null };

/** When the next attempt is, if there is one. While the run ends there is none. */
function retryOf(
  { definition: { max_total_retries: retriesMax = RETRIES_MAX } }: CompiledWorkflow,
  state: RunState,
  definition: StepDefinition,
  failed: { readonly attempt: number; readonly code: string; readonly retryAfterMs?: number; readonly now: Instant },
): Next {
  const policy = policyOf(definition);
  const mayRetry =
    policy !== null &&
    !isDraining(state) &&
    !isBoundCode(failed.code) &&
    (policy.retryable_errors === "all" || policy.retryable_errors.includes(failed.code));
  if (!mayRetry) return NO_NEXT;
  if (failed.attempt >= policy.max_attempts) return { ...NO_NEXT, exhausted: "attempts" };
  if (state.retries >= retriesMax) return { ...NO_NEXT, exhausted: "budget" };
  const retry_at = retryAt(state, { ...failed, step: definition.id }, policy, failed.now);
  return { final: false, retry_at, exhausted: null };
}

/** The instant of the attempt after `failed.attempt`. */
export function retryAt(
  state: RunState,
  failed: { readonly step: string; readonly attempt: number; readonly retryAfterMs?: number },
  delays: Parameters<typeof retryDelayMs>[0],
  now: Instant,
): Instant {
  const attempt = failed.attempt + 1;
  const fraction = jitterFraction(state.seed, failed.step, attempt);
  return after(now, retryDelayMs(delays, attempt, { fraction, retryAfterMs: failed.retryAfterMs }));
}

type Policy = Omit<RetryPolicy, "retryable_errors"> & { readonly retryable_errors: readonly string[] | "all" };

/** A COMPENSATION step retries whatever went wrong, as the compensations of a saga do. */
function policyOf(definition: StepDefinition): Policy | null {
  if (definition.type === "TOOL" || definition.type === "AGENT") return definition.retry_policy ?? null;
  if (definition.type !== "COMPENSATION") return null;
  return { ...DEFAULT_DELAYS, max_attempts: UNDO_ATTEMPTS_MAX, retryable_errors: "all" };
}

/** A poll whose result cannot be judged, or that failed, is one that was not satisfied; its error is recorded. */
function settlePoll(state: RunState, step: CompiledStep, wait: WaitStep, answer: Answer, now: Instant): RunEvent {
  const { lane, attempt, spent, call } = answer;
  const intervalMs = wait.wait_for.type === "POLL" ? wait.wait_for.poll_interval_seconds * 1000 : 0;
  const again = { lane, attempt, spent, call, satisfied: false, poll_at: after(now, intervalMs) } as const;
  if (answer.kind !== "succeeded") {
    const { code, message } = answer;
    return runEvent("poll.completed", now, wait.id, { ...again, output: null, error: { code, message } });
  }
  const { output } = answer;
  const judged = step.condition?.({ ...state.document, poll: output }, state.started_at);
  if (judged?.ok === false) {
    const { code, message } = judged.refusal;
    return runEvent("poll.completed", now, wait.id, { ...again, output, error: { code, message } });
  }
  if (judged?.value !== true) return runEvent("poll.completed", now, wait.id, { ...again, output, error: null });
  const stored = storing(state, outputKey(wait), output);
  const next = wait.next_step ?? null;
  return runEvent("poll.completed", now, wait.id, { lane, attempt, spent, call, satisfied: true, next, ...stored });
}

/** What a person found out about an unknown effect, as an event; null when the lane does not wait for it. */
export function resolveEffect(
  workflow: CompiledWorkflow,
  state: RunState,
  resolution: EffectResolution,
  now: Instant,
): RunEvent | null {
  const lane = state.lanes[resolution.lane];
  if (lane?.phase.kind !== "unknown") return null;
  const definition = presentStep(workflow, lane)?.definition;
  if (definition === undefined) return null;
  const { attempt, code } = lane.phase;
  const found = { lane: lane.id, attempt, by: resolution.by };
  if (resolution.applied) {
    const { receipt_id, output } = resolution;
    const stored = storing(state, keyOf(definition), output);
    const payload = { ...found, resolution: "applied", next: nextOf(definition), ...stored, receipt_id } as const;
    return runEvent("effect.resolved", now, definition.id, payload);
  }
  const message = "the effect did not happen";
  const retry = retryOf(workflow, state, definition, { attempt, code, now });
  return runEvent("effect.resolved", now, definition.id, {
    ...found,
    resolution: "not_applied",
    code,
    message,
    ...retry,
  });
}
