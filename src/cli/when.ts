import { type Instant, parseInstant, relative, utcSecond } from "../contracts/index.ts";

/** A wire time as a person reads it: UTC to the second, and how far from now. Other text comes back as it is. */
export function when(text: string, now: Instant): string {
  const at = parseInstant(text);
  return at === undefined ? text : `${utcSecond(text)} (${relative(at, now)})`;
}
