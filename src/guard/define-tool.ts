import type { ToolContract } from "./contract.ts";
import type { GraphSource, Tool, ToolHandler, ToolLookup } from "./tool.ts";

type Required = "name" | "version" | "side_effect_level" | "input_schema" | "output_schema" | "timeout_seconds";

/** A contract as its author writes it: what has a default may be left out. */
export type DeclaredContract = Pick<ToolContract, Required> & Partial<Omit<ToolContract, Required>>;

/** How long most providers take at most to show a request that was in flight when its sender died. */
const SETTLE_MS = 60_000;
const CONFIRM_WITHIN_SECONDS = 24 * 3_600;
const KEY_REUSE_WINDOW_HOURS = 24;

/** The contract with every default filled in. */
export const contractOf = (declared: DeclaredContract): ToolContract => ({
  operation: declared.name,
  dependency: null,
  rate_limit_rpm: null,
  idempotency_key_template: null,
  external_idempotency_header: null,
  external_idempotency_template: null,
  key_reuse_window_hours: KEY_REUSE_WINDOW_HOURS,
  sensitive_input_fields: [],
  sensitive_output_fields: [],
  trace_allowlist_input: null,
  trace_allowlist_output: null,
  settle_ms: SETTLE_MS,
  confirm_within_seconds: CONFIRM_WITHIN_SECONDS,
  duplicates_harmless: false,
  ...declared,
});

/** A tool from its contract and what carries it out; `lookup` where the provider can say whether a call took effect. */
export const defineTool = (declared: DeclaredContract, handler: ToolHandler, lookup?: ToolLookup): Tool => ({
  contract: contractOf(declared),
  handler,
  ...(lookup === undefined ? {} : { lookup }),
});

/**
 * An agent: a LangGraph.js graph as a tool that an AGENT step calls. It is READ: what it changes are calls of its own, each
 * governed like any other. `timeout_seconds` bounds one invocation; waiting for people is not counted.
 */
export const defineAgent = (
  declared: Omit<DeclaredContract, "side_effect_level">,
  source: Pick<GraphSource, "module" | "exportName"> & Partial<GraphSource>,
): Tool => ({
  contract: contractOf({ ...declared, side_effect_level: "READ" }),
  handler: async () => ({
    kind: "rejected",
    code: "E_GRAPH_CONFIG",
    message: `\`${declared.name}\` is an agent: call it from an AGENT step`,
  }),
  graph: { describe: {}, ...source },
});
