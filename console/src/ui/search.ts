/** A text of a URL; undefined where there is none. */
export function textIn(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A whole number of a URL, from `min` on; undefined where there is none. */
export const countIn = (value: unknown, min: number): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= min ? value : undefined;
