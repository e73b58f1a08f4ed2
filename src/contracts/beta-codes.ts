import { entry } from "./code-entry.ts";

/** Codes of the beta of extensions; part of the one table. */
export const BETA_CODES = {
  TX_HOLD_PREVIEW_ONLY: entry(
    403,
    "the beta of extensions is held: they may preview, and apply nothing",
    "see why with `countermark beta show`; mend it, and have the hold lifted; what was applied before can be rolled back",
  ),
  BETA_HELD: entry(
    409,
    "the beta of extensions is held",
    "mend what its signoff found, and have the hold lifted with `countermark env lift HOLD --corrections FILE`",
  ),
  BETA_SIGNOFF_MISSING: entry(
    403,
    "no signoff that says GO and still holds has this hash",
    "evaluate `policies/dual-track-beta.yaml` with `--record`, and quote the `reportHash` within 24 hours",
  ),
  HOLD_CORRECTIONS_MISSING: entry(
    403,
    "the hold rests on a signoff, and what that found is not shown to be mended",
    "give a correction for each gate named, and record a signoff that says GO on a window that begins after the last of them",
  ),
} as const satisfies { readonly [code: string]: ReturnType<typeof entry> };
