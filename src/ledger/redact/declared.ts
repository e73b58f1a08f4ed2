import type { Json, JsonObject } from "../../contracts/index.ts";

/**
 * What a JSON Schema declares about the parts of a value: which members and elements exist, and which hold ids.
 *
 * D1 A part is declared only by a schema written for it. `additionalProperties: true`, or no `items`, permits parts
 *    without declaring them.
 * D2 Every alternative counts: of `anyOf`, `oneOf`, `if`, what any branch declares is declared.
 */

/** The annotation under which a schema says that a field holds an id of whatever kind, or a hash: `"x-countermark": "id"`. */
export const ANNOTATION = "x-countermark";
const IDENTIFIER_MARKS: ReadonlySet<Json> = new Set(["id", "hash", "entity_id", "provider_id"]);

/** The schemas that apply to one place, compositions and local references unfolded; empty where nothing is declared. */
export type Declared = readonly JsonObject[];

const LISTS = ["allOf", "anyOf", "oneOf"] as const;
const SINGLES = ["if", "then", "else"] as const;

/** Unfolds a schema; `root` is the document in which `$ref` points. */
export function declaredBy(schema: Json | undefined, root: Json): Declared {
  const unfolded = new Set<JsonObject>();
  unfold(schema, root, unfolded);
  return [...unfolded];
}

function unfold(schema: Json | undefined, root: Json, into: Set<JsonObject>): void {
  if (schema === true) into.add(ANYTHING);
  if (!isObject(schema) || into.has(schema)) return;
  into.add(schema);
  if (typeof schema.$ref === "string") unfold(resolve(schema.$ref, root), root, into);
  for (const keyword of LISTS) for (const part of elements(schema[keyword])) unfold(part, root, into);
  for (const keyword of SINGLES) unfold(schema[keyword], root, into);
  if (isObject(schema.dependentSchemas)) {
    for (const part of Object.values(schema.dependentSchemas)) unfold(part, root, into);
  }
}

/** `true` as a schema: the place is declared, nothing inside it is. */
const ANYTHING: JsonObject = {};

/** Whether one of the schemas annotates the value as an id or a hash. */
export const isIdentifier = (declared: Declared): boolean =>
  declared.some((schema) => IDENTIFIER_MARKS.has(schema[ANNOTATION] ?? null));

/** The schemas that apply to a member. */
export function declaredMember(declared: Declared, name: string, root: Json): Declared {
  return distinct(declared.flatMap((schema) => memberSchemas(schema, name)).flatMap((part) => declaredBy(part, root)));
}

function memberSchemas(schema: JsonObject, name: string): readonly Json[] {
  const own =
    isObject(schema.properties) && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
  const matching = patterns(schema).flatMap(([pattern, part]) => (new RegExp(pattern, "u").test(name) ? [part] : []));
  const named = own === undefined ? matching : [own, ...matching];
  if (named.length > 0) return named;
  return [schema.additionalProperties, schema.unevaluatedProperties].filter(isObject);
}

/** The schemas that apply to an element. */
export function declaredElement(declared: Declared, index: number, root: Json): Declared {
  const parts = declared.flatMap((schema) => elementSchema(schema, index) ?? []);
  return distinct(parts.flatMap((part) => declaredBy(part, root)));
}

function elementSchema(schema: JsonObject, index: number): Json | undefined {
  const positions = positional(schema);
  if (index < positions.length) return positions[index];
  const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  return [rest, schema.unevaluatedItems].find(isObject);
}

const positional = (schema: JsonObject): readonly Json[] => [
  ...elements(schema.prefixItems),
  ...elements(schema.items),
];

/** The names that some schema declares by name. Every other name fares like any other undeclared one. */
export const declaredNames = (declared: Declared): readonly string[] =>
  declared.flatMap((schema) => (isObject(schema.properties) ? Object.keys(schema.properties) : []));

/** Whether what is declared about a member depends on more than the names declared. */
export const hasPatterns = (declared: Declared): boolean => declared.some((schema) => patterns(schema).length > 0);

/** How many leading elements have schemas of their own. */
export const positionCount = (declared: Declared): number =>
  Math.max(0, ...declared.map((schema) => positional(schema).length));

const patterns = (schema: JsonObject): readonly (readonly [string, Json])[] =>
  isObject(schema.patternProperties) ? Object.entries(schema.patternProperties) : [];

const elements = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const distinct = (schemas: Declared): Declared => [...new Set(schemas)];

/** The part of a document at a JSON pointer fragment; `undefined` for what is elsewhere, which thus declares nothing. */
function resolve(reference: string, root: Json): Json | undefined {
  if (!reference.startsWith("#")) return undefined;
  let part: Json | undefined = root;
  for (const step of decodeURIComponent(reference.slice(1)).split("/").slice(1)) {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(part)) part = part[Number(name)];
    else part = isObject(part) && Object.hasOwn(part, name) ? part[name] : undefined;
  }
  return part;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
