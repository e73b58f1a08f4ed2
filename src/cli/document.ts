import { isJsonObject, type Json, type JsonObject } from "../contracts/index.ts";

/*
 * Reads the API's documents leniently: a newer server may say more, or less. What is missing is shown as `-`. Text comes
 * from providers and their customers too, so nothing of it reaches a terminal as a control sequence.
 */

const MISSING = "-";

/** A member as text for a person. */
export function textOf(document: JsonObject, member: string): string {
  const value = document[member];
  return value === undefined || value === null ? MISSING : inline(value);
}

/** A member's text as it is, for use in requests; undefined when it is no text. */
export function rawOf(document: JsonObject, member: string): string | undefined {
  const value = document[member];
  return typeof value === "string" ? value : undefined;
}

export function numberOf(document: JsonObject, member: string): number | undefined {
  const value = document[member];
  return typeof value === "number" ? value : undefined;
}

/** The objects of a list; none when the member is no list. */
export function listOf(document: JsonObject, member: string): readonly JsonObject[] {
  const value = document[member];
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** The elements of a list as text for a person; none when the member is no list. */
export function textsOf(document: JsonObject, member: string): readonly string[] {
  const value = document[member];
  return Array.isArray(value) ? value.map(inline) : [];
}

/** The same in one line. */
export const listed = (document: JsonObject, member: string): string => textsOf(document, member).join(", ") || "none";

export function objectOf(document: JsonObject, member: string): JsonObject {
  const value = document[member];
  return isJsonObject(value) ? value : {};
}

/** So many of something whose plural takes an s. */
export const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** A value in one line. */
export const inline = (value: Json): string => visible(typeof value === "string" ? value : JSON.stringify(value));

// Controls, and what turns the direction of writing around: with them, text could show what is not there.
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text whose every character can be seen. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Every leaf of a document with its path, such as `customer.id` or `lines[0].sku`; empty objects and lists are leaves. */
export function leavesOf(value: Json, path = ""): readonly (readonly [string, string])[] {
  const parts = Array.isArray(value)
    ? value.map((element: Json, index): [string, Json] => [`${path}[${index}]`, element])
    : isJsonObject(value)
      ? Object.entries(value).map(([name, member]): [string, Json] => [path === "" ? name : `${path}.${name}`, member])
      : [];
  return parts.length === 0 ? [[visible(path), inline(value)]] : parts.flatMap(([at, part]) => leavesOf(part, at));
}
