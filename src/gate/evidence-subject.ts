import { isJsonObject, parseJson } from "../contracts/index.ts";
import type { EvidenceFile } from "./derivation.ts";

/** What evidence has to be about, as far as it is known. */
export interface EvidenceSubject {
  readonly root_digest: string;
  /** Null where nobody knows the bundle yet. */
  readonly pack_digest: string | null;
}

/** Columns in which a unit says what it is about. */
const COLUMNS = ["root_digest", "pack_digest"] as const;

/**
 * The first line of brought evidence that says itself to be about another bundle or another version of its pack than it is brought for,
 * in words; null where none does. What cannot be read is left to the derivation, which passes over nothing.
 */
export function evidenceOfAnother(files: readonly EvidenceFile[], subject: EvidenceSubject): string | null {
  for (const { name, text } of files) {
    for (const [index, line] of text.split("\n").entries()) {
      const column = COLUMNS.find((one) => saysOther(line, one, subject[one]));
      if (column !== undefined) return `${name}:${index + 1}: its \`${column}\` is not that of what is evaluated`;
    }
  }
  return null;
}

function saysOther(line: string, column: string, expected: string | null): boolean {
  if (expected === null || !line.includes(`"${column}"`)) return false;
  const parsed = parseJson(line);
  if (!parsed.ok || !isJsonObject(parsed.value)) return false;
  const { columns } = parsed.value;
  const said = columns !== undefined && isJsonObject(columns) ? columns[column] : undefined;
  return typeof said === "string" && said !== expected;
}
