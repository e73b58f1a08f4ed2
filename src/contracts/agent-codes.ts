import { entry } from "./code-entry.ts";

/** Codes of AGENT steps and of the graphs that they run; part of the one table. */
export const AGENT_CODES = {
  E_GRAPH_CONFIG: entry(422, "the graph is not what its manifest says", "make module, nodes and manifest agree"),
  GRAPH_FAILED: entry(
    422,
    "a node of the graph threw an error",
    "see the message; a retry goes on from the last checkpoint",
  ),
  E_POLICY_ENGINE: entry(
    503,
    "the graph library cannot be loaded",
    "install `@langchain/langgraph` and `@langchain/core` in the versions named in the guide",
  ),
  E_CHECKPOINT_INVALID: entry(500, "a stored checkpoint is not what was written", "restore it from a backup"),
  E_APPROVAL_REQUIRED: entry(409, "a question of the graph to a person is open", "decide its approval"),
  E_APPROVAL_INVALID: entry(409, "no open question of the graph has this answer", "answer a pending approval, once"),
  "POLICY.TOOL_NOT_ALLOWED": entry(
    403,
    "the graph reached for something that its manifest does not allow",
    "allow the tool or model in the manifest, or let the graph use the injected tools",
    ["E_GRAPH_GUARD_DENIED"],
  ),
  "POLICY.BUDGET_EXHAUSTED": entry(
    422,
    "the graph took too many steps, or a node too long",
    "raise recursion_limit or the node's timeout_seconds, or let it end sooner",
  ),
  CC01_GRAPH_INVALID: entry(
    400,
    "an AGENT step and its graph's manifest do not fit together",
    "correct the field named: graph, version, nodes and tools must be those of the pack",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
