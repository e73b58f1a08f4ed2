import { isJsonObject, type Json, type JsonObject } from "../json.ts";

/** What is known about a value before it is seen. `null` is allowed beside every type and checked at run time. */
export type StaticType = "null" | "boolean" | "number" | "string" | "datetime" | "array" | "object" | "unknown";

/** References followed for one path step; a schema that refers to itself ends here. */
const REFERENCES_MAX = 32;

const OBJECT_KEYWORDS = ["properties", "patternProperties", "additionalProperties"];
const ARRAY_KEYWORDS = ["items", "prefixItems"];

/** What a schema says about a place: its schemas (several where alternatives exist), or `true` when it says nothing. */
type Place = readonly JsonObject[] | true;

/** The type of a path in the state, `unknown` where the schema leaves it open, `undefined` where it excludes the path. */
export function typeOfPath(segments: readonly string[], stateSchema: JsonObject | undefined): StaticType | undefined {
  if (stateSchema === undefined) return "unknown";
  const resolve = resolverOf(stateSchema);
  let place: Place | undefined = resolve(stateSchema);
  for (const segment of segments) {
    if (place === undefined || place === true) break;
    place = merged(
      place.map((schema) => partOf(schema, segment)).filter((part) => part !== undefined),
      resolve,
    );
  }
  if (place === undefined) return undefined;
  return place === true ? "unknown" : common(place.map(typeOfSchema));
}

type Resolve = (schema: Json) => Place;

/** Unfolds references and alternatives into the schemas that may describe the place. */
function resolverOf(root: JsonObject): Resolve {
  const unfold = (schema: Json, references: number): Place => {
    if (!isJsonObject(schema)) return true;
    const target = typeof schema.$ref === "string" ? referenced(root, schema.$ref) : undefined;
    if (target !== undefined && references < REFERENCES_MAX) return unfold(target, references + 1);
    const nested = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => (Array.isArray(list) ? list : []));
    const branches = nested.map((branch: Json) => unfold(branch, references + 1));
    const own = typesOf(schema).length > 0 ? [schema] : [];
    if (own.length === 0 && (branches.length === 0 || branches.includes(true))) return true;
    return [...own, ...branches.flatMap((branch) => (branch === true ? [] : branch))];
  };
  return (schema) => unfold(schema, 0);
}

function merged(parts: readonly Json[], resolve: Resolve): Place | undefined {
  if (parts.length === 0) return undefined;
  const places = parts.map(resolve);
  return places.includes(true) ? true : places.flatMap((place) => (place === true ? [] : place));
}

/** The schema of one member or element, `true` where anything may stand, `undefined` where nothing may. */
function partOf(schema: JsonObject, segment: string): Json | undefined {
  const types = typesOf(schema);
  if (/^\d/.test(segment))
    return types.includes("array") || types.length === 0 ? elementOf(schema, segment) : undefined;
  return types.includes("object") || types.length === 0 ? memberOf(schema, segment) : undefined;
}

function memberOf(schema: JsonObject, name: string): Json | undefined {
  const { properties, patternProperties, additionalProperties } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, name)) return properties[name];
  if (patternProperties !== undefined) return true;
  if (additionalProperties === undefined)
    return properties === undefined && schema.type === undefined ? true : undefined;
  return additionalProperties === false ? undefined : additionalProperties;
}

function elementOf(schema: JsonObject, index: string): Json | undefined {
  const { prefixItems, items } = schema;
  const listed = Array.isArray(prefixItems) ? prefixItems : Array.isArray(items) ? items : [];
  const rest = Array.isArray(items) ? schema.additionalItems : items;
  const element: Json = listed[Number(index)] ?? rest ?? true;
  return element === false ? undefined : element;
}

function typeOfSchema(schema: JsonObject): StaticType {
  const types = typesOf(schema);
  const [type, ...others] = types.filter((name) => name !== "null");
  if (others.length > 0) return "unknown";
  if (type === undefined) return types.length > 0 ? "null" : "unknown";
  if (type === "string") return schema.format === "date-time" ? "datetime" : "string";
  return type;
}

/** The schema's `type`, or what its other keywords imply. */
function typesOf(schema: JsonObject): readonly StaticType[] {
  const { type, format } = schema;
  if (typeof type === "string") return [named(type)];
  if (Array.isArray(type)) return [...new Set(type.map((name: Json) => named(String(name))))];
  if (Array.isArray(schema.enum)) return [...new Set(schema.enum.map(typeOfValue))];
  if (schema.const !== undefined) return [typeOfValue(schema.const)];
  if (OBJECT_KEYWORDS.some((keyword) => keyword in schema)) return ["object"];
  if (ARRAY_KEYWORDS.some((keyword) => keyword in schema)) return ["array"];
  return format === "date-time" ? ["string"] : [];
}

function named(type: string): StaticType {
  switch (type) {
    case "integer":
      return "number";
    case "null":
    case "boolean":
    case "number":
    case "string":
    case "array":
    case "object":
      return type;
  }
  return "unknown";
}

/** The type of a JSON value; texts are strings, whatever they hold. */
function typeOfValue(value: Json): StaticType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return named(typeof value);
}

/** The one type that all say, apart from null; `unknown` where they differ. */
function common(types: readonly StaticType[]): StaticType {
  const [type, ...others] = new Set(types.filter((name) => name !== "null"));
  if (others.length > 0) return "unknown";
  return type ?? "null";
}

function referenced(root: JsonObject, reference: string): Json | undefined {
  if (reference !== "#" && !reference.startsWith("#/")) return undefined;
  let target: Json | undefined = root;
  for (const step of reference.split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    target = isJsonObject(target) && Object.hasOwn(target, name) ? target[name] : undefined;
  }
  return target;
}
