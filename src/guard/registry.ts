import {
  accepted,
  assert,
  type Code,
  compileSchema,
  type Json,
  type Refusal,
  type Result,
  rejected,
} from "../contracts/index.ts";
import type { ToolContract } from "./contract.ts";
import { type EntityIdPlaces, entityIdPlacesOf } from "./entity-places.ts";
import { keyTemplateProblem } from "./key.ts";
import { type DocumentRules, documentRulesOf } from "./storable.ts";
import type { Tool } from "./tool.ts";

/** A tool with all that is compiled once, beside its frozen contract. */
export interface RegisteredTool extends Tool {
  /** The input with its schema's defaults, or `SCHEMA_INVALID`. */
  readonly validateInput: (value: Json) => Result<Json>;
  /** The output, or `SCHEMA_INVALID`. */
  readonly validateOutput: (value: Json) => Result<Json>;
  readonly entityIds: EntityIdPlaces;
  readonly inputRules: DocumentRules;
  readonly outputRules: DocumentRules;
  /** What external keys of this installation begin with. */
  readonly externalKeyPrefix: string;
}

export interface Registry {
  /** Refused with `TOOL_ALREADY_REGISTERED`, `SCHEMA_MISSING`, `SCHEMA_MALFORMED`, `PATH_MALFORMED` or, for a bad key template, `PACK_INVALID`. */
  readonly register: (tool: Tool) => Result<RegisteredTool>;
  /** Exact name and version; refused with `TOOL_NOT_FOUND`, which names both. */
  readonly find: (name: string, version: string) => Result<RegisteredTool>;
  /** A copy, in the order of registration. */
  readonly list: () => RegisteredTool[];
}

export interface RegistryOptions {
  /** Providers see it at the start of every external key; changing it makes every open effect unrecognisable. */
  readonly externalKeyPrefix: string;
}

export const EXTERNAL_KEY_PREFIX = "autobiz:";

/** Makes an empty registry. Contracts never change once registered: a change is a new version. */
export function createRegistry(options: RegistryOptions = { externalKeyPrefix: EXTERNAL_KEY_PREFIX }): Registry {
  const tools = new Map<string, RegisteredTool>();
  return {
    register(tool) {
      const { name, version } = tool.contract;
      if (tools.has(keyOf(name, version)))
        return rejected({ code: "TOOL_ALREADY_REGISTERED", message: `\`${name}\` ${version} is registered already` });
      const registered = compileTool(tool, options);
      if (registered.ok) tools.set(keyOf(name, version), registered.value);
      return registered;
    },
    find(name, version) {
      const tool = tools.get(keyOf(name, version));
      return tool === undefined ? rejected(toolNotFound(name, version)) : accepted(tool);
    },
    list: () => [...tools.values()],
  };
}

/** The refusal for a tool that nobody registered. */
export const toolNotFound = (name: string, version: string): Refusal => ({
  code: "TOOL_NOT_FOUND",
  message: `no tool \`${name}\` in version \`${version}\``,
  details: { tool: name, version },
});

/** A version holds no space, so no two tools share a key. */
const keyOf = (name: string, version: string): string => `${version} ${name}`;

function compileTool(tool: Tool, { externalKeyPrefix }: RegistryOptions): Result<RegisteredTool> {
  const contract = deepFrozen(structuredClone(tool.contract));
  const problem = keyTemplateProblem(contract, externalKeyPrefix);
  if (problem !== undefined) return refusedFor(contract, "PACK_INVALID", problem);
  const input = validatorOf(contract, "input_schema");
  if (!input.ok) return input;
  const output = validatorOf(contract, "output_schema");
  if (!output.ok) return output;
  const rules = rulesOf(contract);
  if (!rules.ok) return refusedFor(contract, rules.refusal.code, rules.refusal.message);
  return accepted(
    Object.freeze({
      ...tool,
      contract,
      validateInput: input.value,
      validateOutput: output.value,
      entityIds: entityIdPlacesOf(contract.input_schema),
      ...rules.value,
      externalKeyPrefix,
    }),
  );
}

function validatorOf(
  contract: ToolContract,
  which: "input_schema" | "output_schema",
): Result<(value: Json) => Result<Json>> {
  const schema: unknown = contract[which]; // a contract read from a pack may lack what its type promises
  if (typeof schema !== "object" || schema === null)
    return refusedFor(contract, "SCHEMA_MISSING", `${which} is missing`);
  const compiled = compileSchema(contract[which]);
  if (compiled.ok) return accepted(compiled.validate);
  return rejected({ ...compiled.refusal, message: `${which} of \`${contract.name}\`: ${compiled.refusal.message}` });
}

function rulesOf(contract: ToolContract): Result<Pick<RegisteredTool, "inputRules" | "outputRules">> {
  const input = documentRulesOf({
    schema: contract.input_schema,
    sensitive: contract.sensitive_input_fields,
    allowlist: contract.trace_allowlist_input,
  });
  if (!input.ok) return input;
  const output = documentRulesOf({
    schema: contract.output_schema,
    sensitive: contract.sensitive_output_fields,
    allowlist: contract.trace_allowlist_output,
  });
  return output.ok ? accepted({ inputRules: input.value, outputRules: output.value }) : output;
}

const refusedFor = (contract: ToolContract, code: Code, problem: string) =>
  rejected({ code, message: `\`${contract.name}\` ${contract.version}: ${problem}` });

function deepFrozen<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === "object" && part !== null) deepFrozen(part);
  const frozen = Object.freeze(value);
  assert(Object.isFrozen(frozen), "a registered contract cannot change");
  return frozen;
}
