import { entry } from "./code-entry.ts";

/** Codes of lineages; part of the one table. */
export const LINEAGE_CODES = {
  LINEAGE_CORRUPT: entry(
    422,
    "the file is no lineage, or not what its digest says",
    "make it anew with `countermark lineage show --json`",
  ),
  LINEAGE_NODE_NOT_FOUND: entry(
    404,
    "the lineage has no such node",
    "list its nodes with `countermark lineage show --json`",
  ),
  BUNDLE_LINEAGE_MISMATCH: entry(
    422,
    "the lineage that the bundle carries is not that of its candidate, or is not complete",
    "build it with `--lineage` of what `countermark lineage show CANDIDATE --stage final --json` prints",
    ["lineage_mismatch"],
  ),
  RELEASE_LINEAGE_COMPLETE: entry(
    403,
    "an edge of the lineage that there has to be was not seen, or a rule of it does not hold",
    "see what is missing with `countermark lineage show`, and have it made and recorded",
    ["release_lineage_complete"],
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
