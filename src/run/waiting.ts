import { after, type Instant } from "../contracts/index.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled.ts";
import type { WaitStep } from "./definition.ts";
import { type RunEvent, runEvent } from "./events.ts";
import { storing } from "./fold.ts";
import { applyMapping } from "./mapping.ts";
import type { Lane, RunState, Signal, WaitingPhase } from "./state.ts";

/** Puts a lane to waiting. A poll is made at once and then every interval. */
export function startWaiting(state: RunState, lane: Lane, step: CompiledStep, wait: WaitStep, now: Instant): RunEvent {
  const { wait_for } = wait;
  const seconds =
    wait_for.type === "TIMER"
      ? Math.min(wait_for.duration_seconds, wait.wait_timeout_seconds)
      : wait.wait_timeout_seconds;
  return runEvent("wait.started", now, wait.id, {
    lane: lane.id,
    until: after(now, seconds * 1000),
    poll_at: wait_for.type === "POLL" ? now : null,
    event_type: wait_for.type === "WEBHOOK" ? wait_for.event_type : null,
    entity_id: applyMapping(step.input, state.document).entity_id ?? null,
  });
}

/** The events that some WAIT step may still want; a run takes in no others, as it could never use them. */
export const awaitedEvents = ({ steps }: CompiledWorkflow, state: Pick<RunState, "steps">): readonly string[] =>
  Object.entries(steps).flatMap(([id, { definition }]) =>
    definition.type === "WAIT" && definition.wait_for.type === "WEBHOOK" && state.steps[id] === undefined
      ? [definition.wait_for.event_type]
      : [],
  );

/** How a wait ends now: by a signal that came, its timer, its time-out; null while it goes on. */
export function endWaiting(
  state: RunState,
  lane: Lane,
  wait: WaitStep,
  phase: WaitingPhase,
  now: Instant,
): RunEvent | null {
  const next = wait.next_step ?? null;
  const signal = state.signals.find((candidate) => isAwaited(phase, candidate));
  if (signal !== undefined) {
    const stored = storing(state, outputKey(wait), signal.payload);
    return runEvent("wait.resumed", now, wait.id, { lane: lane.id, next, ...stored, signal_id: signal.signal_id });
  }
  if (now < phase.until) return null;
  if (wait.wait_for.type === "TIMER" && wait.wait_for.duration_seconds <= wait.wait_timeout_seconds) {
    return runEvent("wait.elapsed", now, wait.id, { lane: lane.id, next, ...storing(state, outputKey(wait), {}) });
  }
  const message = `nothing came within ${wait.wait_timeout_seconds} s`;
  return runEvent("wait.timed_out", now, wait.id, {
    lane: lane.id,
    next: wait.on_timeout ?? null,
    code: "WAIT_TIMEOUT",
    message,
  });
}

export const outputKey = (step: { readonly id: string; readonly output_key?: string }): string =>
  step.output_key ?? step.id;

const isAwaited = (phase: WaitingPhase, signal: Signal): boolean =>
  phase.event_type === signal.event_type && (phase.entity_id === null || phase.entity_id === signal.entity_id);
