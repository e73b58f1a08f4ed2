import { compileSchema, type JsonObject } from "../../contracts/index.ts";
import type { DraftPack, DraftStep, DraftWorkflow } from "../pack-shape.ts";
import { checkAgent } from "./agent.ts";
import { documentSchema, withPoll } from "./document-schema.ts";
import { compileExpression } from "./expression.ts";
import { type Finding, finding, type Steps } from "./finding.ts";
import { checkStepFields } from "./step-fields.ts";
import { checkStartedWorkflows, checkStepGraph } from "./step-graph.ts";

/** CC-01: every tool, step and workflow that is named exists, schemas and conditions compile, the step graph is sound. */
export const checkToolClosure = (pack: DraftPack): readonly Finding[] => [
  ...Object.entries(pack.tools).flatMap(([name, tool]) => [
    ...checkSchema(tool.input_schema, ["tools", name, "input_schema"]),
    ...checkSchema(tool.output_schema, ["tools", name, "output_schema"]),
  ]),
  ...checkStartedWorkflows(pack),
  ...pack.workflows.flatMap((workflow, index) => checkWorkflow(pack, workflow, ["workflows", index])),
];

function checkSchema(schema: JsonObject, path: Steps): readonly Finding[] {
  const compiled = compileSchema(schema);
  return compiled.ok ? [] : [finding("CC-01", "CC01_SCHEMA_INVALID", path, compiled.refusal.message)];
}

function checkWorkflow(pack: DraftPack, workflow: DraftWorkflow, path: Steps): readonly Finding[] {
  const schema = documentSchema(pack, workflow);
  return [
    ...checkSchema(workflow.trigger.input_schema, [...path, "trigger", "input_schema"]),
    ...checkCondition(workflow.pass_criteria, schema, [...path, "pass_criteria"]),
    ...checkStepGraph(workflow, path),
    ...workflow.steps.flatMap((step, index) => {
      const at = [...path, "steps", index];
      return [...checkStepFields(step, at), ...checkTools(pack, step, at), ...checkConditions(pack, schema, step, at)];
    }),
  ];
}

function checkTools(pack: DraftPack, step: DraftStep, path: Steps): readonly Finding[] {
  return [
    ...checkTool(pack, step, path),
    ...checkCompensation(pack, step, [...path, "compensation"]),
    ...checkPoll(pack, step, [...path, "wait_for", "poll_tool"]),
    ...checkAgent(pack, step, path),
  ];
}

function checkTool(pack: DraftPack, { tool_name, tool_version }: DraftStep, path: Steps): readonly Finding[] {
  if (tool_name === undefined) return [];
  const tool = toolOf(pack, tool_name);
  if (tool === undefined) {
    return [finding("CC-01", "CC01_TOOL_MISSING", [...path, "tool_name"], `there is no tool \`${tool_name}\``)];
  }
  if (tool_version === undefined || tool_version === tool.version) return [];
  const message = `the pack has \`${tool_name}\` in version ${tool.version}, not ${tool_version}`;
  return [finding("CC-01", "CC01_TOOL_MISSING", [...path, "tool_version"], message)];
}

function checkCompensation(pack: DraftPack, { compensation }: DraftStep, path: Steps): readonly Finding[] {
  if (compensation === undefined) return [];
  const { tool_name, idempotent } = compensation;
  const missing = `there is no tool \`${tool_name}\``;
  const repeated = "a compensation may be called again after a crash, so it must be idempotent";
  return [
    ...(toolOf(pack, tool_name) === undefined
      ? [finding("CC-01", "CC01_COMPENSATION_TOOL_MISSING", [...path, "tool_name"], missing)]
      : []),
    ...(idempotent ? [] : [finding("CC-01", "CC01_COMPENSATION_NOT_IDEMPOTENT", [...path, "idempotent"], repeated)]),
  ];
}

function checkPoll(pack: DraftPack, { wait_for }: DraftStep, path: Steps): readonly Finding[] {
  if (wait_for?.type !== "POLL") return [];
  const tool = toolOf(pack, wait_for.poll_tool);
  if (tool === undefined) {
    return [finding("CC-01", "CC01_POLL_TOOL_MISSING", path, `there is no tool \`${wait_for.poll_tool}\``)];
  }
  if (tool.side_effect_level === "READ") return [];
  return [finding("CC-01", "CC01_POLL_TOOL_WRITES", path, `\`${tool.name}\` is ${tool.side_effect_level}, not READ`)];
}

const toolOf = (pack: DraftPack, name: string) => (Object.hasOwn(pack.tools, name) ? pack.tools[name] : undefined);

function checkConditions(pack: DraftPack, schema: JsonObject, step: DraftStep, path: Steps): readonly Finding[] {
  const { condition, hitl_condition, wait_for } = step;
  return [
    ...(condition === undefined ? [] : checkCondition(condition, schema, [...path, "condition"])),
    ...(hitl_condition === undefined ? [] : checkCondition(hitl_condition, schema, [...path, "hitl_condition"])),
    ...(wait_for?.type === "POLL"
      ? checkCondition(wait_for.poll_condition, withPoll(schema, pack, wait_for.poll_tool), [
          ...path,
          "wait_for",
          "poll_condition",
        ])
      : []),
  ];
}

function checkCondition(text: string, schema: JsonObject, path: Steps): readonly Finding[] {
  const compiled = compileExpression(text, schema);
  if (compiled.ok) return [];
  const { code, message, details } = compiled.refusal;
  const offset = details?.offset === undefined ? "" : ` at ${String(details.offset)}`;
  return [finding("CC-01", "CC01_CONDITION_INVALID", path, `${code}${offset}: ${message}`)];
}
