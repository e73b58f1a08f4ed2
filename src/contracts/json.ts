/** A JSON value as this system stores, hashes and sends it. Money and 64-bit ids travel as strings or safe integers. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: Json;
}

/** Whether a JSON value is an object, rather than an array or a scalar. */
export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
