import { isJsonObject, type Json, type JsonObject } from "./json.ts";

/** Applicators that test the same value as the schema that holds them. */
const IN_PLACE_LISTS = new Set(["allOf", "anyOf", "oneOf"]);
const IN_PLACE = new Set(["then", "else"]);
const IN_PLACE_MAPS = new Set(["dependentSchemas"]);

/** Applicators that test a part of the value. `items` may be a list in draft-07. */
const PART_LISTS = new Set(["prefixItems", "items"]);
const PARTS = new Set([
  "items",
  "additionalItems",
  "unevaluatedItems",
  "additionalProperties",
  "unevaluatedProperties",
]);
const PART_MAPS = new Set(["properties", "patternProperties", "$defs", "definitions"]);

/**
 * The schema in which every object schema that says nothing about further members refuses them, at every level.
 *
 * An object schema is one with `type: object`, `properties` or `patternProperties`. Where it is put together from several
 * (`allOf`, `anyOf`, `oneOf`, `then`, `else`, `$ref` beside members) the whole is closed by `unevaluatedProperties`, not
 * its branches, which could then never agree. Alternatives of a schema that is no object itself are closed one by one.
 * A definition is closed where it stands: one that others extend says `additionalProperties: true`. What only asks
 * (`not`, `if`, `contains`, `propertyNames`) is left as it is, since closing it would change the question.
 */
export function closeObjects(schema: JsonObject): JsonObject {
  return close(schema, false);
}

/** `isBranch`: the schema around this one closes the whole, so this one stays open. */
function close(schema: JsonObject, isBranch: boolean): JsonObject {
  const closesWhole = describesObject(schema);
  const rewritten = Object.entries(schema).map(([keyword, value]) => [
    keyword,
    closeWithin(keyword, value, isBranch || closesWhole),
  ]);
  const closing = isBranch || !closesWhole || saysMore(schema) ? [] : [[closingKeyword(schema), false]];
  return Object.fromEntries([...rewritten, ...closing]);
}

function closeWithin(keyword: string, value: Json, isBranch: boolean): Json {
  if (IN_PLACE.has(keyword)) return closeAny(value, isBranch);
  if (IN_PLACE_LISTS.has(keyword)) return closeEach(value, isBranch);
  if (IN_PLACE_MAPS.has(keyword)) return closeMembers(value, isBranch);
  if (PART_LISTS.has(keyword) && Array.isArray(value)) return closeEach(value, false);
  if (PARTS.has(keyword)) return closeAny(value, false);
  return PART_MAPS.has(keyword) ? closeMembers(value, false) : value;
}

const closeAny = (value: Json, isBranch: boolean): Json => (isJsonObject(value) ? close(value, isBranch) : value);

const closeEach = (value: Json, isBranch: boolean): Json =>
  Array.isArray(value) ? value.map((schema: Json) => closeAny(schema, isBranch)) : value;

const closeMembers = (value: Json, isBranch: boolean): Json =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, closeAny(schema, isBranch)]))
    : value;

function describesObject(schema: JsonObject): boolean {
  const { type, allOf } = schema;
  if (type === "object" || (Array.isArray(type) && type.includes("object"))) return true;
  if (Object.hasOwn(schema, "properties") || Object.hasOwn(schema, "patternProperties")) return true;
  return Array.isArray(allOf) && allOf.some((branch: Json) => isJsonObject(branch) && describesObject(branch));
}

const saysMore = (schema: JsonObject): boolean =>
  Object.hasOwn(schema, "additionalProperties") || Object.hasOwn(schema, "unevaluatedProperties");

function closingKeyword(schema: JsonObject): string {
  const composes = Object.keys(schema).some(
    (keyword) =>
      keyword === "$ref" || IN_PLACE.has(keyword) || IN_PLACE_LISTS.has(keyword) || IN_PLACE_MAPS.has(keyword),
  );
  return composes ? "unevaluatedProperties" : "additionalProperties";
}
