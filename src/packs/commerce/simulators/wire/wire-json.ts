import type { Json, JsonObject } from "../../../../contracts/index.ts";

/** Reading JSON that a client sent: every reader answers `undefined` for a value of another type. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isList = (value: unknown): value is readonly Json[] => Array.isArray(value);

/** A member that is an object, else an empty one, so that chains of optional members read straight. */
export const objectAt = (value: unknown, member: string): JsonObject => {
  const found = isObject(value) ? value[member] : undefined;
  return isObject(found) ? found : {};
};

/** A member that is a list, else an empty one. */
export const listAt = (value: unknown, member: string): readonly Json[] => {
  const found = isObject(value) ? value[member] : undefined;
  return isList(found) ? found : [];
};

/** A non-empty text member. */
export const textAt = (value: unknown, member: string): string | undefined => {
  const found = isObject(value) ? value[member] : undefined;
  return typeof found === "string" && found !== "" ? found : undefined;
};

/** A member that is a safe integer. */
export const integerAt = (value: unknown, member: string): number | undefined => {
  const found = isObject(value) ? value[member] : undefined;
  return typeof found === "number" && Number.isSafeInteger(found) ? found : undefined;
};

/** `undefined` when the text is not JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    return value;
  } catch {
    return undefined; // not JSON is an answer here: the provider replies with its own 400
  }
}

/** A JSON response with the headers given. */
export const jsonResponse = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
