import type { Instant } from "../contracts/index.ts";
import { DEFAULT_DELAYS } from "./backoff.ts";
import type { CompiledWorkflow } from "./compiled.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { beingUndone } from "./fold-compensation.ts";
import { attemptOf } from "./lane.ts";
import { compensationOf } from "./rollback.ts";
import { retryAt } from "./settle.ts";
import type { RunState } from "./state.ts";
import type { CallFailed, CallRefused, CallSucceeded } from "./stimulus.ts";

/**
 * The answer to a compensation's call as an event; null when it is not the one waited for. Every failure is retried up to
 * the compensation's own `max_attempts`: it is idempotent by declaration, so an unknown outcome may be repeated.
 */
export function settleCompensation(
  workflow: CompiledWorkflow,
  state: RunState,
  answer: CallSucceeded | CallFailed | CallRefused,
  now: Instant,
): RunEvent | null {
  const { compensation } = state;
  if (compensation === null || beingUndone(compensation) !== answer.step) return null;
  if (attemptOf(compensation.phase) !== answer.attempt) return null;
  const definition = compensationOf(workflow, answer.step);
  if (definition === null) return null;
  const { lane, step, attempt, spent, call } = answer;
  if (answer.kind === "succeeded") {
    const { receipt_id, reused } = answer;
    return runEvent("compensation.succeeded", now, step, { lane, attempt, spent, call, receipt_id, reused });
  }
  const final = attempt >= definition.max_attempts;
  return runEvent("compensation.failed", now, step, {
    lane,
    attempt,
    spent,
    call,
    code: answer.code,
    message: answer.message,
    effect: answer.kind === "failed" ? answer.effect : "none",
    final,
    retry_at: final ? null : retryAt(state, answer, DEFAULT_DELAYS, now),
    retry_after_ms: answer.retryAfterMs ?? null,
    action: definition.on_compensation_failure,
  });
}
