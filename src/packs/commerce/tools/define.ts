import { z } from "zod";
import { assert, isJson, isJsonObject, type JsonObject } from "../../../contracts/index.ts";
import {
  type CallContext,
  defineTool,
  type LookupOutcome,
  type SideEffectLevel,
  type Tool,
  type ToolContract,
  type ToolOutcome,
} from "../../../guard/index.ts";

/** A tool as it is written here: schemas once, in zod; the contract's JSON Schemas are printed from them. */
export interface ToolDeclaration<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string;
  readonly level: SideEffectLevel;
  readonly input: I;
  readonly output: O;
  /** What the contract says beyond the defaults below. */
  readonly contract?: Partial<Omit<ToolContract, "name" | "side_effect_level" | "input_schema" | "output_schema">>;
  readonly handler: (input: z.infer<I>, context: CallContext) => Promise<ToolOutcome>;
  readonly lookup?: (input: z.infer<I>, context: CallContext) => Promise<LookupOutcome>;
}

/** Seconds that a call of a provider may take. */
const TIMEOUT_SECONDS = 20;

/** Makes the contract and binds the handler to typed input. The kernel has validated the input; a mismatch is a bug. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(declared: ToolDeclaration<I, O>): Tool {
  const { name, level, input, output, handler, lookup } = declared;
  return defineTool(
    {
      version: "1.0.0",
      timeout_seconds: TIMEOUT_SECONDS,
      ...declared.contract,
      name,
      side_effect_level: level,
      input_schema: jsonSchema(input),
      output_schema: jsonSchema(output),
    },
    (value, context) => handler(input.parse(value), context),
    lookup === undefined ? undefined : (value, context) => lookup(input.parse(value), context),
  );
}

/** JSON Schema 2020-12 of a zod schema. */
export function jsonSchema(schema: z.ZodType): JsonObject {
  const { $schema: _, ...printed } = z.toJSONSchema(schema, { io: "input" });
  const plain: unknown = structuredClone(printed);
  assert(isJson(plain) && isJsonObject(plain), "zod prints a schema as a JSON object");
  return plain;
}
