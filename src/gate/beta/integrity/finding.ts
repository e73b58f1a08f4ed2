import type { Row } from "../evidence/row.ts";

export type IntegrityId =
  | "IF-1"
  | "IF-2"
  | "IF-3"
  | "IF-4"
  | "IF-5"
  | "IF-6"
  | "IF-7"
  | "IF-8"
  | "IF-9"
  | "IF-10"
  | "IF-11"
  | "IF-12"
  | "IF-13";

/** A rule of evidence that was broken. A row that broke one is measured nowhere; what breaks one without a row names it. */
export interface Finding {
  readonly id: IntegrityId;
  readonly row: Row | null;
  readonly detail: string;
}

export const hit = (id: IntegrityId, detail: string) => (row: Row) => ({ id, row, detail });

export const missing = (id: IntegrityId, detail: string): Finding => ({ id, row: null, detail });

/** Things by a key, in the order in which keys are first met. Without a key, a thing is left out. */
export function groupBy<T>(
  things: readonly T[],
  keyOf: (thing: T) => string | null,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    if (key === null) continue;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return groups;
}
