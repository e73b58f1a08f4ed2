import { isJsonObject, type Json, type JsonObject } from "../contracts/index.ts";

/** In a schema: `"x-countermark": "entity_id"` says that the value is the id of one of the tenant's own entities. */
export const ENTITY_ID_ANNOTATION = { keyword: "x-countermark", value: "entity_id" } as const;

/** Members of a value in which entity ids stand, by name; `[]` are the elements of a list. Undefined: none below. */
export interface EntityIdPlaces {
  readonly isId: boolean;
  readonly members: ReadonlyMap<string, EntityIdPlaces>;
}

const NOWHERE: EntityIdPlaces = { isId: false, members: new Map() };
export const ELEMENTS = "[]";

/** References are followed this deep, so that a schema that contains itself ends. */
const DEPTH_MAX = 16;

/** Where a schema, its compositions and the definitions it refers to annotate entity ids. */
export const entityIdPlacesOf = (schema: JsonObject): EntityIdPlaces => placesOf(schema, schema, 0);

function placesOf(schema: Json | undefined, root: JsonObject, depth: number): EntityIdPlaces {
  if (!isJsonObject(schema) || depth > DEPTH_MAX) return NOWHERE;
  const below = (part: Json | undefined) => placesOf(part, root, depth + 1);
  const composed = ["allOf", "anyOf", "oneOf"].flatMap((keyword) => listOf(schema[keyword]));
  const parts = [...composed, schema.then, schema.else, referred(schema.$ref, root)].map(below);
  const members = [
    ...Object.entries(isJsonObject(schema.properties) ? schema.properties : {}),
    ...[...listOf(schema.items), ...listOf(schema.prefixItems)].map((items): [string, Json] => [ELEMENTS, items]),
  ].map(([name, part]): [string, EntityIdPlaces] => [name, below(part)]);
  const isId = schema[ENTITY_ID_ANNOTATION.keyword] === ENTITY_ID_ANNOTATION.value;
  return merged([
    ...parts,
    { isId, members: new Map() },
    ...members.map(([name, place]) => ({ isId: false, members: new Map([[name, place]]) })),
  ]);
}

function merged(places: readonly EntityIdPlaces[]): EntityIdPlaces {
  const members = new Map<string, EntityIdPlaces>();
  for (const [name, place] of places.flatMap((one) => [...one.members])) {
    if (place === NOWHERE) continue;
    const known = members.get(name);
    members.set(name, known === undefined ? place : merged([known, place]));
  }
  const isId = places.some((place) => place.isId);
  return isId || members.size > 0 ? { isId, members } : NOWHERE;
}

const listOf = (value: Json | undefined): readonly Json[] => {
  return isJsonObject(value) ? [value] : Array.isArray(value) ? value : [];
};

/** `#/definitions/order` and the like, inside the same schema. */
function referred(reference: Json | undefined, root: JsonObject): Json | undefined {
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  let place: Json | undefined = root;
  for (const step of reference.slice(2).split("/")) {
    place = isJsonObject(place) ? place[step.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  }
  return place;
}
