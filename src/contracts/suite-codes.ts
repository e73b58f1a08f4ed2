import { entry } from "./code-entry.ts";

/** Codes of golden cases, their quarantine and previews; part of the one table. */
export const SUITE_CODES = {
  SUITE_SYNTAX: entry(400, "the file is not well-formed YAML", "correct the line named"),
  SUITE_FIELD_UNKNOWN: entry(400, "the file has a field that there is not", "remove or rename the field"),
  SUITE_INVALID: entry(400, "a field of the file does not satisfy its rule", "correct the field named"),
  SUITE_TAGS_INVALID: entry(
    400,
    "a case's tags are not one of each dimension",
    "give one environment, one determinism, one oracle and one sandbox, with underscores",
  ),
  SUITE_NAME_UNKNOWN: entry(
    400,
    "a case or the registry names what the pack or the suite does not have",
    "correct the name, or add what it means",
  ),
  SUITE_EMPTY: entry(
    404,
    "the pack has no golden cases, or none of that name",
    "write one as `golden/NAME.yaml` beside the pack; `countermark suite run --help` says what it has",
  ),
  SUITE_UNSATISFIABLE: entry(
    400,
    "as the cases stand, no number of clean runs passes the gate",
    "give the cases named more runs, on inputs of their own (`vary`)",
  ),
  QUARANTINE_TIER: entry(
    400,
    "a case of the first tier is set aside or called flaky for good",
    "mend the case: nothing is deployed meanwhile",
  ),
  QUARANTINE_CONFLICT: entry(
    400,
    "an entry of the registry contradicts itself or another",
    "correct the entry named; a case has at most one open entry",
  ),
  QUARANTINE_OVERDUE: entry(
    409,
    "a quarantined case was not mended in time",
    "mend or delete the case, or have it justified as known to be flaky",
  ),
  PREVIEW_PACK_MISMATCH: entry(
    422,
    "the pack beside the golden cases is not the one in the bundle",
    "check out what the bundle was built from, or build the bundle anew",
  ),
  PREVIEW_TARGET_LEAKED: entry(
    409,
    "an earlier preview of this pack left its target behind",
    "see why that preview did not end; its target was removed, so start the preview again",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
