/** A JSON value as this system stores, hashes and sends it. Money and 64-bit ids travel as strings or safe integers. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json;
}

/** Whether a JSON value is an object, rather than an array or a scalar. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether two JSON values are the same by RFC 6902 section 4.6: members in any order, numbers by value. */
export function isSameJson(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((element: Json, index) => isSameJson(element, right[index]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => isSameMember(name, left, right));
}

function isSameMember(name: string, left: JsonObject, right: JsonObject): boolean {
  const [a, b] = [left[name], right[name]];
  return a !== undefined && b !== undefined && Object.hasOwn(right, name) && isSameJson(a, b);
}
