import { type Json, type Result, rejected } from "../../contracts/index.ts";
import { parseAnnotation, type Rest } from "./ahead.ts";
import { type Place, rootPlace } from "./place.ts";

/** A contract's redaction, compiled once and used by every call. */
export interface RedactionRules {
  readonly root: Place;
}

/** What a contract says about one of its documents, as it stands in the contract. */
export interface RedactionSource {
  readonly schema: Json;
  readonly sensitive: readonly string[];
  /** Paths whose whole parts are kept; null keeps the fields that the schema declares. */
  readonly allowlist: readonly string[] | null;
}

/**
 * Compiles a contract's redaction. `PATH_MALFORMED` for the first path that is none. Fields whose schema is annotated
 * `"x-countermark": "id"` (or `"hash"`) are exempt from the entropy and the card rule, and only from those.
 */
export function compileRedaction({ schema, sensitive, allowlist }: RedactionSource): Result<RedactionRules> {
  const malformed = [...sensitive, ...(allowlist ?? [])].find((text) => parseAnnotation(text) === undefined);
  if (malformed !== undefined) {
    return rejected({ code: "PATH_MALFORMED", message: `\`${malformed}\` is not an annotation path` });
  }
  const source = { schema, sensitive: parsed(sensitive), allowlist: allowlist === null ? null : parsed(allowlist) };
  return { ok: true, value: { root: rootPlace(source) } };
}

const parsed = (paths: readonly string[]): readonly Rest[] =>
  paths.flatMap((text) => {
    const path = parseAnnotation(text);
    return path === undefined ? [] : [path];
  });

/** Keeps everything and only scans: for documents that no contract describes, such as text of a model. */
export const SCAN_ONLY: RedactionRules = {
  root: rootPlace({ schema: true, sensitive: [], allowlist: [[]] }),
};
