import type { RetryPolicy } from "./definition.ts";

export type DelayPolicy = Pick<
  RetryPolicy,
  "base_delay_seconds" | "max_delay_seconds" | "backoff_multiplier" | "jitter"
>;

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
  const fullMs = Math.min(maxMs, policy.base_delay_seconds * 1000 * policy.backoff_multiplier ** (attempt - 2));
  const ownMs = policy.jitter ? fullMs * chance.fraction : fullMs;
  return Math.ceil(Math.max(ownMs, Math.min(maxMs, chance.retryAfterMs ?? 0)));
}

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
