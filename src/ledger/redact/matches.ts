import type { Hit } from "./scan.ts";

/** Appends a hit for each match of a global expression. `matchAll` would make a copy of the expression for every text. */
export function findMatches(text: string, pattern: RegExp, of: Pick<Hit, "kind" | "detector">, hits: Hit[]): void {
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    hits.push({ ...of, start: match.index, end: match.index + match[0].length });
  }
}
