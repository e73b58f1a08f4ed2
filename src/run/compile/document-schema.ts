import type { JsonObject } from "../../contracts/index.ts";
import type { DraftPack, DraftStep, DraftWorkflow } from "../pack-shape.ts";
import { agentOutputSchema } from "./agent.ts";

const TEXT = { type: "string" } as const;
const TIME = { type: "string", format: "date-time" } as const;

const RUN: JsonObject = {
  type: "object",
  properties: { run_id: TEXT, tenant_id: TEXT, correlation_id: TEXT, started_at: TIME },
};

/**
 * The schema of a run's document: what every path of a condition is checked against. `$.trigger` and `$.run` always, and a
 * key per step that stores an output. Where several steps share a key, or a failed branch leaves its error, anything goes.
 */
export function documentSchema(pack: DraftPack, workflow: DraftWorkflow): JsonObject {
  const properties: { [key: string]: JsonObject } = { trigger: workflow.trigger.input_schema, run: RUN };
  const branches = new Set(
    workflow.steps.flatMap((step) => (step.type === "PARALLEL" ? (step.parallel_steps ?? []) : [])),
  );
  for (const step of workflow.steps) {
    const key = storedKey(step);
    if (key === null) continue;
    properties[key] = Object.hasOwn(properties, key) ? {} : outputSchema(pack, step);
  }
  for (const branch of branches) properties[branch] = {};
  return { type: "object", properties };
}

/** The document as `poll_condition` sees it: `$.poll` is the last result. */
export function withPoll(schema: JsonObject, pack: DraftPack, pollTool: string): JsonObject {
  const { properties } = schema;
  const poll = pack.tools[pollTool]?.output_schema ?? {};
  return { ...schema, properties: { ...(typeof properties === "object" ? properties : {}), poll } };
}

const STORING: readonly string[] = ["TOOL", "COMPENSATION", "WAIT", "AGENT"];

/** The key under which a step's output is stored; null for steps that store none. */
const storedKey = (step: DraftStep): string | null =>
  STORING.includes(step.type) ? (step.output_key ?? step.id) : null;

function outputSchema(pack: DraftPack, step: DraftStep): JsonObject {
  const { wait_for, graph, manifest } = step;
  if (graph !== undefined && manifest !== undefined) return agentOutputSchema(pack.tools, graph, manifest);
  const tool = wait_for?.type === "POLL" ? wait_for.poll_tool : step.tool_name;
  return tool === undefined ? {} : (pack.tools[tool]?.output_schema ?? {});
}
