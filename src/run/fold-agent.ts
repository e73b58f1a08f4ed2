import type { RunEvent, RunEventOf } from "./events.ts";
import { countStep, laneFailed, setLane, spend, spendTokens } from "./fold.ts";
import type { AgentInterrupt, AgentProgress, RunState } from "./state.ts";

// Q1  One question is asked once: same checkpoint, interrupt, ordinal and value are the same question.
// Q2  A decision is used once, and only by the graph that asked.

export type AgentEventType =
  | "agent.checkpointed"
  | "agent.called"
  | "agent.interrupted"
  | "agent.resumed"
  | "agent.rested";

export type AgentEvent = Extract<RunEvent, { readonly type: AgentEventType }>;

/** What a graph's doings change of the run. */
export function foldAgent(state: RunState, event: AgentEvent): RunState {
  const begun = countStep(state, event.payload.lane);
  switch (event.type) {
    case "agent.checkpointed":
      return changed(begun, event, ({ checkpoints }) => ({ checkpoints: checkpoints + 1 }));
    case "agent.called":
      return called(begun, event);
    case "agent.interrupted":
      return changed(begun, event, ({ interrupts }) => ({ interrupts: [...interrupts, askedBy(event)] }));
    case "agent.resumed":
      return changed(begun, event, ({ interrupts }) => ({
        interrupts: interrupts.map((one) =>
          one.approval_id === event.payload.approval_id ? { ...one, consumed: true } : one,
        ),
      }));
    case "agent.rested":
      return rested(begun, event);
  }
}

const NO_PROGRESS = { interrupts: [], call_plan: {}, checkpoints: 0 } as const;

function changed(
  state: RunState,
  { step, payload }: AgentEvent,
  change: (before: AgentProgress) => Partial<AgentProgress>,
): RunState {
  if (step === null) return state;
  const before = state.agents[step] ?? { ...NO_PROGRESS, lane: payload.lane };
  return { ...state, agents: { ...state.agents, [step]: { ...before, ...change(before) } } };
}

function called(state: RunState, event: RunEventOf<"agent.called">): RunState {
  const { tool, proposed, spent } = event.payload;
  const counted = spend(state, spent, true);
  if (proposed === null) return counted;
  return changed(counted, event, ({ call_plan }) => ({ call_plan: { ...call_plan, [tool]: proposed } }));
}

function askedBy({ payload }: RunEventOf<"agent.interrupted">): AgentInterrupt {
  const { lane: _, ...asked } = payload;
  return { ...asked, decision: null, code: null, consumed: false };
}

/** The lane waits until one of its questions is decided; one may have been while the graph went on. */
function rested(state: RunState, event: RunEventOf<"agent.rested">): RunState {
  const { lane, attempt, status, tokens } = event.payload;
  if (status === "completed" || event.step === null) return state;
  const decided = interruptsOf(state, event.step).find(({ decision, consumed }) => decision !== null && !consumed);
  const waiting = setLane(spendTokens(state, { tokens }), lane, { kind: "interrupted", attempt });
  return decided === undefined ? waiting : answered(waiting, event.step, event);
}

/** Questions of an AGENT step, oldest first. */
export const interruptsOf = (state: RunState, step: string): readonly AgentInterrupt[] =>
  state.agents[step]?.interrupts ?? [];

/** The AGENT step that asked for an approval; undefined where none did. */
export const stepThatAsked = (state: RunState, approvalId: string): string | undefined =>
  Object.keys(state.agents).find((step) =>
    interruptsOf(state, step).some(({ approval_id }) => approval_id === approvalId),
  );

/** A person decided what a graph asked. */
export function foldAgentDecided(state: RunState, event: RunEventOf<"approval.decided">, step: string): RunState {
  const { approval_id, decision, code } = event.payload;
  const progress = state.agents[step];
  if (progress === undefined) return state;
  const interrupts = progress.interrupts.map((one) =>
    one.approval_id === approval_id ? { ...one, decision, code } : one,
  );
  return answered({ ...state, agents: { ...state.agents, [step]: { ...progress, interrupts } } }, step, event);
}

/** A lane that waited calls its graph again, or fails with the decision. */
function answered(state: RunState, step: string, { at }: RunEvent): RunState {
  const lane = state.agents[step]?.lane ?? "";
  const phase = state.lanes[lane]?.phase;
  if (phase?.kind !== "interrupted") return state;
  const { attempt } = phase;
  const refused = interruptsOf(state, step).find(({ code }) => code !== null);
  if (refused?.code == null) return setLane(state, lane, { kind: "ready", attempt });
  const message = `the approval was ${refused.decision}`;
  return laneFailed(state, step, { lane, code: refused.code, message, attempt }, at);
}
