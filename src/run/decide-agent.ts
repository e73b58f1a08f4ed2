import type { Instant, Json, JsonObject } from "../contracts/index.ts";
import type { CompiledStep, CompiledWorkflow } from "./compiled.ts";
import { type ApprovalDecision, type RunEvent, runEvent } from "./events.ts";
import { interruptsOf, stepThatAsked } from "./fold-agent.ts";
import { attemptOf, presentStep, stepOf } from "./lane.ts";
import type { AgentProgress, RunState } from "./state.ts";
import type { AgentDid } from "./stimulus.ts";

/** What a graph did, as an event; null where its step is not the one that the lane is at. */
export function settleAgent(
  workflow: CompiledWorkflow,
  state: RunState,
  { lane: id, step, attempt, fact }: AgentDid,
  now: Instant,
): RunEvent | null {
  const lane = state.lanes[id];
  if (lane === undefined || lane.step !== step || attemptOf(lane.phase) !== attempt) return null;
  if (presentStep(workflow, lane)?.definition.type !== "AGENT") return null;
  const ref = { lane: id, attempt };
  switch (fact.type) {
    case "agent.checkpointed":
      return runEvent(fact.type, now, step, { ...ref, ...fact.payload });
    case "agent.called":
      return runEvent(fact.type, now, step, { ...ref, ...fact.payload });
    case "agent.interrupted":
      return runEvent(fact.type, now, step, { ...ref, ...fact.payload });
    case "agent.resumed":
      return runEvent(fact.type, now, step, { ...ref, ...fact.payload });
    case "agent.rested":
      return runEvent(fact.type, now, step, { ...ref, ...fact.payload });
  }
}

/** The decision of what a graph asked, as an event; null where no graph waits for it. */
export function decideInterrupt(
  workflow: CompiledWorkflow,
  state: RunState,
  asked: { readonly approval_id: string; readonly decision: ApprovalDecision; readonly by: string | null },
  { refusal, now }: { readonly refusal: string | null; readonly now: Instant },
): RunEvent | null {
  const { approval_id, decision, by } = asked;
  const step = stepThatAsked(state, approval_id);
  if (step === undefined) return null;
  const open = interruptsOf(state, step).find((one) => one.approval_id === approval_id && one.decision === null);
  if (open === undefined) return null;
  const { definition } = stepOf(workflow, step);
  const isTold = decision === "denied" && definition.type === "AGENT" && definition.manifest.handles_rejection;
  const lane = state.agents[step]?.lane ?? "";
  const code = isTold ? null : refusal;
  return runEvent("approval.decided", now, step, { lane, approval_id, decision, by, code, action: null, keep: [] });
}

/** What an AGENT step stores: its graph's output, and each tool that it may propose with whether it did. */
export function withCallPlan(
  { proposes }: CompiledStep,
  progress: AgentProgress | undefined,
  output: JsonObject,
): JsonObject {
  const plan = proposes.map((tool): readonly [string, Json] => {
    const input = progress?.call_plan[tool];
    return [tool, input === undefined ? { proposed: false } : { proposed: true, input }];
  });
  return { ...output, call_plan: Object.fromEntries(plan) };
}
