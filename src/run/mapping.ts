import type { Json, JsonObject } from "../contracts/index.ts";
import type { Mapping } from "./definition.ts";

/** A mapping read once: each parameter is a literal or the segments of a path into the run document. */
export type CompiledMapping = readonly MappedParameter[];

export type MappedParameter =
  | { readonly name: string; readonly literal: Json }
  | { readonly name: string; readonly path: readonly string[] };

const PATH = /^\$(\.[A-Za-z_][A-Za-z0-9_]*)(\.[A-Za-z_][A-Za-z0-9_]*|\[\d+\])*$/;
const SEGMENT = /[A-Za-z_][A-Za-z0-9_]*|\d+/g;

/** Whether a mapping value that looks like a path (`$.`) is one. Literals are always well formed. */
export const isMappingValue = (value: Json): boolean =>
  typeof value !== "string" || !value.startsWith("$.") || PATH.test(value);

/** Reads a mapping whose values passed `isMappingValue`. */
export const compileMapping = (mapping: Mapping): CompiledMapping =>
  Object.entries(mapping).map(([name, value]) => compileParameter(name, value));

function compileParameter(name: string, value: Json): MappedParameter {
  if (typeof value !== "string") return { name, literal: value };
  if (value.startsWith("$.")) return { name, path: value.match(SEGMENT) ?? [] };
  return { name, literal: value.startsWith("$$") ? value.slice(1) : value };
}

/** Values for the parameters. A path that leads nowhere leaves its parameter out; the tool's input schema then decides. */
export function applyMapping(mapping: CompiledMapping, document: JsonObject): JsonObject {
  const input: { [name: string]: Json } = {};
  for (const parameter of mapping) {
    const value = "path" in parameter ? valueAt(document, parameter.path) : parameter.literal;
    if (value !== undefined) input[parameter.name] = value;
  }
  return input;
}

function valueAt(document: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = document;
  for (const segment of path) {
    if (value === undefined || value === null || typeof value !== "object") return undefined;
    value = isList(value) ? value[Number(segment)] : Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  return value;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
