import { canonicalText, type Digest, isJsonObject, type Json, sha256Hex } from "../contracts/index.ts";

/** The RFC 8785 text of a value of any size: evidence and reports over it outgrow what one document may hold. */
function longText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(longText).join(",")}]`;
  if (!isJsonObject(value)) return canonicalText(value);
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${canonicalText(name)}:${longText(member)}`).join(",")}}`;
}

/** What `digestOf` gives, for values larger than it takes. */
export const digestOfLong = (value: Json): Digest => sha256Hex(longText(value));

/** The digest of an array by the canonical texts of its elements. */
export const digestOfTexts = (texts: readonly string[]): Digest => sha256Hex(`[${texts.join(",")}]`);
