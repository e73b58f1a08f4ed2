import type { CallFacts, CallRequest } from "./call.ts";
import { loopClosedBy } from "./loop.ts";
import type { ResolvedCall } from "./resolve.ts";
import { type GuardVerdict, passed, refused, skipped } from "./verdict.ts";

/**
 * Stage 6: may this run make one more call (INV-03)? The counters hold what happened so far, the present step included,
 * so the call with number `max + 1` is the first refused. Compensations run on their own budget, else a run ended by a
 * bound could not be rolled back.
 */
export function boundsVerdict(call: ResolvedCall, request: CallRequest, facts: CallFacts): GuardVerdict {
  if (request.purpose === "compensation") return skipped("a compensation runs on its own budget");
  return boundExceeded(call, facts) ?? loopVerdict(call, request, facts) ?? passed("within the run's bounds");
}

function boundExceeded(call: ResolvedCall, { bounds, counters }: CallFacts): GuardVerdict | undefined {
  const tool = call.tool.contract.name;
  const ofTool = Object.hasOwn(bounds.max_tool_calls_per_type, tool) ? bounds.max_tool_calls_per_type[tool] : undefined;
  const callsOfTool = Object.hasOwn(counters.tool_calls_per_type, tool)
    ? counters.tool_calls_per_type[tool]
    : undefined;
  if (counters.steps > bounds.max_steps_per_run)
    return exceeded("BOUND_STEPS", "max_steps_per_run", { limit: bounds.max_steps_per_run, observed: counters.steps });
  if (counters.active_ms >= bounds.max_time_seconds * 1000)
    return exceeded("BOUND_TIME", "max_time_seconds", {
      limit: bounds.max_time_seconds,
      observed: counters.active_ms / 1000,
    });
  if (counters.tokens > bounds.max_tokens_per_run)
    return exceeded("BOUND_TOKENS", "max_tokens_per_run", {
      limit: bounds.max_tokens_per_run,
      observed: counters.tokens,
    });
  if (counters.tool_calls >= bounds.max_tool_calls_per_run)
    return exceeded("BOUND_TOOL_CALLS", "max_tool_calls_per_run", {
      limit: bounds.max_tool_calls_per_run,
      observed: counters.tool_calls,
    });
  if (ofTool !== undefined && (callsOfTool ?? 0) >= ofTool)
    return exceeded("BOUND_TOOL_CALLS_PER_TYPE", `max_tool_calls_per_type.${tool}`, {
      limit: ofTool,
      observed: callsOfTool ?? 0,
    });
  return undefined;
}

type BoundCode = "BOUND_STEPS" | "BOUND_TIME" | "BOUND_TOKENS" | "BOUND_TOOL_CALLS" | "BOUND_TOOL_CALLS_PER_TYPE";

const exceeded = (code: BoundCode, bound: string, used: { limit: number; observed: number }): GuardVerdict =>
  refused(code, `\`${bound}\` is ${used.limit}, and ${used.observed} are used`, { details: { bound, ...used } });

function loopVerdict(call: ResolvedCall, request: CallRequest, facts: CallFacts): GuardVerdict | undefined {
  if (request.purpose === "retry" || request.purpose === "poll") return undefined;
  const loop = loopClosedBy(call.mark, facts.recentCalls, facts.bounds.loop);
  if (loop === undefined) return undefined;
  const names = loop.sequence.map((mark) => mark.tool).join(", ");
  return refused("LOOP_DETECTED", `the sequence \`${names}\` would occur ${loop.repeats} times in a row`, {
    details: { repeats: loop.repeats, sequence: loop.sequence.map((mark) => ({ ...mark })) },
  });
}
