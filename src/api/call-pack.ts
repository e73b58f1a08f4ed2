import { assert, isJsonObject } from "../contracts/index.ts";
import type { ToolContract } from "../guard/index.ts";
import { type CompiledPack, compilePack, type DraftPack } from "../run/index.ts";

/** The implicit workflow through which one tool is called on its own. */
export const callWorkflowId = (tool: string): string => `call:${tool}`;

/** The step of such a workflow, and the key of its output in the run's document. */
export const CALL_STEP = "call";

/** What a mapping's path can name. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A pack of its own whose workflows each make one call: the tools, scopes, approval rules and bounds of `active`, unchanged.
 * A call made so passes the same guards as any step, waits for approval like any run, and is pinned to this version.
 */
export function callPackOf({ pack }: CompiledPack): CompiledPack {
  const workflows = Object.values(pack.tools).filter(isCallable).map(callWorkflow);
  const compiled = compilePack({ ...pack, id: `calls:${pack.id}`, name: `Calls of ${pack.name}`, workflows });
  assert(compiled.ok, "a pack that compiles still does when its workflows only call its tools");
  return compiled.compiled;
}

/** A tool whose parameters can all be named by a path. */
export const isCallable = ({ input_schema }: ToolContract): boolean => parametersOf(input_schema).every(isNameable);

const isNameable = (parameter: string): boolean => IDENTIFIER.test(parameter);

const parametersOf = ({ properties }: ToolContract["input_schema"]): readonly string[] =>
  isJsonObject(properties) ? Object.keys(properties) : [];

/** Only a declared parameter reaches the tool, so the trigger takes no other. */
function callWorkflow(tool: ToolContract): DraftPack["workflows"][number] {
  const parameters = parametersOf(tool.input_schema);
  return {
    id: callWorkflowId(tool.name),
    name: `Call ${tool.name}`,
    trigger: { kind: "MANUAL", input_schema: { ...tool.input_schema, additionalProperties: false } },
    steps: [
      {
        id: CALL_STEP,
        type: "TOOL",
        tool_name: tool.name,
        tool_version: tool.version,
        tool_input_mapping: Object.fromEntries(parameters.map((parameter) => [parameter, `$.trigger.${parameter}`])),
      },
    ],
    pass_criteria: "true",
    allowed_failure_modes: [],
    timeout_seconds: CALL_TIMEOUT_SECONDS,
  };
}

/** Seconds of active time; a tool's own timeout ends its call before. */
const CALL_TIMEOUT_SECONDS = 300;
