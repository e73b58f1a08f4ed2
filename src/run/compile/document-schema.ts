import type { JsonObject } from "../../contracts/index.ts";
import type { Pack, StepDefinition, WorkflowDefinition } from "../definition.ts";
import { outputKey } from "../waiting.ts";

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
export function documentSchema(pack: Pack, workflow: WorkflowDefinition): JsonObject {
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
export function withPoll(schema: JsonObject, pack: Pack, pollTool: string): JsonObject {
  const { properties } = schema;
  const poll = pack.tools[pollTool]?.output_schema ?? {};
  return { ...schema, properties: { ...(typeof properties === "object" ? properties : {}), poll } };
}

/** The key under which a step's output is stored; null for steps that store none. */
export const storedKey = (step: StepDefinition): string | null =>
  step.type === "TOOL" || step.type === "COMPENSATION" || step.type === "WAIT" ? outputKey(step) : null;

function outputSchema(pack: Pack, step: StepDefinition): JsonObject {
  if (step.type === "TOOL" || step.type === "COMPENSATION") return pack.tools[step.tool_name]?.output_schema ?? {};
  if (step.type !== "WAIT" || step.wait_for.type !== "POLL") return {};
  return pack.tools[step.wait_for.poll_tool]?.output_schema ?? {};
}
