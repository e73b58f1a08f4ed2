import { isJsonObject, type Json, type JsonObject } from "../contracts/index.ts";

/** In a schema: `"x-countermark": "entity_id"` says that the value is the id of one of the tenant's own entities. */
export const ENTITY_ID_ANNOTATION = { keyword: "x-countermark", value: "entity_id" } as const;

/** Members of a value in which entity ids stand, by name; `[]` are the elements of a list. Undefined: none below. */
export interface EntityIdPlaces {
  readonly isId: boolean;
  readonly members: ReadonlyMap<string, EntityIdPlaces>;
  /** Members that a map's schema covers without naming them. */
  readonly unnamed: readonly UnnamedMembers[];
}

interface UnnamedMembers {
  readonly covers: (name: string) => boolean;
  readonly place: EntityIdPlaces;
}

const NOWHERE: EntityIdPlaces = { isId: false, members: new Map(), unnamed: [] };
export const ELEMENTS = "[]";

/** Where entity ids stand in one member; undefined: nowhere. */
export function placeOfMember({ members, unnamed }: EntityIdPlaces, name: string): EntityIdPlaces | undefined {
  const covering = unnamed.filter(({ covers }) => covers(name)).map(({ place }) => place);
  const named = members.get(name);
  return covering.length === 0 ? named : merged(named === undefined ? covering : [named, ...covering]);
}

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
    { ...NOWHERE, isId, unnamed: unnamedOf(schema, below) },
    ...members.map(([name, place]) => ({ ...NOWHERE, members: new Map([[name, place]]) })),
  ]);
}

function unnamedOf(schema: JsonObject, below: (part: Json | undefined) => EntityIdPlaces): readonly UnnamedMembers[] {
  const { properties = {}, patternProperties = {}, additionalProperties, unevaluatedProperties } = schema;
  const matching = Object.entries(isJsonObject(patternProperties) ? patternProperties : {}).map(([pattern, part]) => {
    const names = new RegExp(pattern, "u");
    return { covers: (name: string) => names.test(name), place: below(part) };
  });
  const isOther = (name: string): boolean =>
    !(isJsonObject(properties) && Object.hasOwn(properties, name)) && !matching.some(({ covers }) => covers(name));
  const others = [additionalProperties, unevaluatedProperties].map((part) => ({ covers: isOther, place: below(part) }));
  return [...matching, ...others].filter(({ place }) => place !== NOWHERE);
}

function merged(places: readonly EntityIdPlaces[]): EntityIdPlaces {
  const members = new Map<string, EntityIdPlaces>();
  for (const [name, place] of places.flatMap((one) => [...one.members])) {
    if (place === NOWHERE) continue;
    const known = members.get(name);
    members.set(name, known === undefined ? place : merged([known, place]));
  }
  const isId = places.some((place) => place.isId);
  const unnamed = places.flatMap((place) => place.unnamed);
  return isId || members.size > 0 || unnamed.length > 0 ? { isId, members, unnamed } : NOWHERE;
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
