import { sha256Hex } from "../contracts/index.ts";

/** A version that is tried on a share of the new runs, beside the one that it may replace. */
export interface CanaryShare {
  /** Pack of the bundle that the other new runs start on: one that did well there before. */
  readonly baselineDigest: string;
  /** Of the bundle that is tried, so that every canary falls on other runs. */
  readonly salt: string;
  /** Of new runs, 1 to 100. */
  readonly sharePercent: number;
}

/** Eight hex digits of a digest: enough to cut a share from without a trace of bias. */
const DIGITS = 8;

/**
 * Whether a new run starts on the version that is tried, by its start key alone: asked again, on whatever machine, the answer is the
 * same, and who takes it at one share takes it at every greater one.
 */
export const takesCanary = (
  { salt, sharePercent }: Pick<CanaryShare, "salt" | "sharePercent">,
  startKey: string,
): boolean =>
  Number.parseInt(sha256Hex(`${salt}:${startKey}`).slice(0, DIGITS), 16) * 100 < sharePercent * 16 ** DIGITS;
