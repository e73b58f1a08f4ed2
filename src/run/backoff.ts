import { sha256Hex } from "../contracts/index.ts";
import type { RetryPolicy } from "./definition.ts";

/**
 * How chance changes a delay: `full`, the default, waits a part of it; `stretch` waits up to a fifth longer, which keeps the
 * delays of one series in order.
 */
export type JitterStrategy = "full" | "stretch";

export interface DelayPolicy
  extends Pick<RetryPolicy, "base_delay_seconds" | "max_delay_seconds" | "backoff_multiplier" | "jitter"> {
  readonly strategy?: JitterStrategy;
}

/** Delays of every retry that declares none: 1 s, doubling, at most 60 s, jittered. */
export const DEFAULT_DELAYS: DelayPolicy = {
  base_delay_seconds: 1,
  max_delay_seconds: 60,
  backoff_multiplier: 2,
  jitter: true,
};

/**
 * Milliseconds to wait before attempt `attempt` (2 or more): `min(max, base * multiplier^(attempt - 2))`, with jitter a
 * uniform part of it chosen by `fraction`; never before the provider's `retryAfterMs`, which is capped by the maximum.
 *
 * @param fraction in [0, 1), from `jitterFraction`
 */
export function retryDelayMs(
  policy: DelayPolicy,
  attempt: number,
  chance: { readonly fraction: number; readonly retryAfterMs: number | undefined },
): number {
  const maxMs = policy.max_delay_seconds * 1000;
  const rawMs = policy.base_delay_seconds * 1000 * policy.backoff_multiplier ** (attempt - 2);
  const ownMs = policy.jitter ? jittered(policy, Math.min(maxMs, rawMs), chance.fraction) : Math.min(maxMs, rawMs);
  return Math.ceil(Math.max(ownMs, Math.min(maxMs, chance.retryAfterMs ?? 0)));
}

/** Capped last, so that the stated maximum holds whatever chance adds. */
const jittered = ({ strategy, max_delay_seconds }: DelayPolicy, fullMs: number, fraction: number): number =>
  strategy === "stretch"
    ? Math.min(max_delay_seconds * 1000, Math.floor(fullMs * (1 + STRETCH * fraction)))
    : fullMs * fraction;

/** Greatest part by which `stretch` lengthens a delay. */
const STRETCH = 0.2;

/** A number in [0, 1) fixed by the work and the attempt that failed: 48 bits of their SHA-256. */
export const hashedFraction = (work: string, failedAttempt: number): number =>
  Number.parseInt(sha256Hex(`${work}:${failedAttempt}`).slice(0, 12), 16) / 2 ** 48;

/**
 * A number in [0, 1) fixed by the run's seed, the step and the attempt, so that a replay waits as the run did.
 *
 * @see FNV-1a for mixing the text in, MurmurHash3's 32-bit finaliser for spreading it
 */
export function jitterFraction(seed: number, step: string, attempt: number): number {
  let hash = 2166136261 ^ seed;
  for (const character of `${step}:${attempt}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
