import { accepted, assert, compileSchema, isJsonObject, type JsonObject, type Result } from "../../contracts/index.ts";
import type { CallTarget, CompiledStep, CompiledWorkflow, Expression } from "../compiled.ts";
import type { Mapping, Pack, StepDefinition, WorkflowDefinition } from "../definition.ts";
import { compileMapping } from "../mapping.ts";
import { onlyReads, toolsOf } from "./agent.ts";
import { documentSchema, withPoll } from "./document-schema.ts";
import { compileExpression } from "./expression.ts";
import { branchesOf } from "./graph.ts";

/** A workflow that passed the checks, with everything looked up. */
export function compileWorkflow(pack: Pack, workflow: WorkflowDefinition): CompiledWorkflow {
  const [first] = workflow.steps;
  assert(first !== undefined, "a checked workflow has an entry step");
  const schema = documentSchema(pack, workflow);
  const branches = branchesOf(workflow);
  const steps = workflow.steps.map((definition) => [
    definition.id,
    compileStep(pack, schema, definition, branches.get(definition.id)?.[0]?.parallel ?? null),
  ]);
  return {
    id: workflow.id,
    definition: workflow,
    entry: first.id,
    steps: Object.fromEntries(steps),
    passCriteria: checked(workflow.pass_criteria, schema),
    parseTrigger: triggerParser(workflow.trigger.input_schema),
  };
}

const checked = (text: string, schema: JsonObject): Expression => {
  const compiled = compileExpression(text, schema);
  assert(compiled.ok, "the conditions of a checked workflow compile");
  return compiled.value;
};

function compileStep(
  pack: Pack,
  schema: JsonObject,
  definition: StepDefinition,
  parallel: string | null,
): CompiledStep {
  const undo = definition.type === "TOOL" ? definition.compensation : undefined;
  return {
    definition,
    parallel,
    call: callOf(pack, definition),
    undo: undo === undefined ? null : target(pack, undo.tool_name, undo.tool_input_mapping),
    proposes: definition.type === "AGENT" ? toolsOf(pack.tools, definition.manifest).proposed : [],
    condition: conditionOf(pack, schema, definition),
    input: compileMapping(inputOf(definition)),
  };
}

function target(pack: Pack, name: string, mapping: Mapping = {}): CallTarget {
  const contract = pack.tools[name];
  assert(contract !== undefined, "the tools of a checked workflow exist");
  const reads = contract.side_effect_level === "READ";
  return { tool: name, version: contract.version, reads, input: compileMapping(mapping) };
}

function callOf(pack: Pack, step: StepDefinition): CallTarget | null {
  if (step.type === "TOOL" || step.type === "COMPENSATION") {
    return target(pack, step.tool_name, step.tool_input_mapping);
  }
  if (step.type === "AGENT") {
    return { ...target(pack, step.graph, step.input_mapping), reads: onlyReads(pack.tools, step.manifest) };
  }
  if (step.type !== "WAIT" || step.wait_for.type !== "POLL") return null;
  return target(pack, step.wait_for.poll_tool, step.wait_for.poll_input_mapping);
}

function conditionOf(pack: Pack, schema: JsonObject, step: StepDefinition): Expression | null {
  if (step.type === "BRANCH") return checked(step.condition, schema);
  if (step.type === "TOOL") return step.hitl_condition === undefined ? null : checked(step.hitl_condition, schema);
  if (step.type !== "WAIT" || step.wait_for.type !== "POLL") return null;
  return checked(step.wait_for.poll_condition, withPoll(schema, pack, step.wait_for.poll_tool));
}

function inputOf(step: StepDefinition): Mapping {
  if (step.type === "START_RUN") return step.input_mapping ?? {};
  if (step.type !== "WAIT" || step.wait_for.type !== "WEBHOOK") return {};
  return step.wait_for.entity_id === undefined ? {} : { entity_id: step.wait_for.entity_id };
}

function triggerParser(inputSchema: JsonObject): (payload: JsonObject) => Result<JsonObject> {
  const schema = compileSchema(inputSchema);
  assert(schema.ok, "the trigger schema of a checked workflow compiles");
  return (payload) => {
    const valid = schema.validate(payload);
    if (!valid.ok) return valid;
    const { value } = valid;
    return isJsonObject(value) ? accepted(value) : accepted(payload);
  };
}
