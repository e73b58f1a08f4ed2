import { assert } from "../../contracts/index.ts";

/** Of runs that could have succeeded: how many may fail, and how many did. */
export interface ErrorBudget {
  readonly allowed: number;
  readonly bad: number;
  readonly isBreached: boolean;
  /** So few runs that one failure is a breach: said beside a breach, never instead of it. */
  readonly isLowVolume: boolean;
}

/** Runs from which on one of them may fail. */
const LOW_VOLUME_BELOW = 1000;

/** The budget of 99.9 %: what is left of the valid runs when the smallest number that is as much is good. By integers. */
export function errorBudget(good: number, valid: number): ErrorBudget {
  assert(Number.isSafeInteger(good) && Number.isSafeInteger(valid), "runs are counted");
  assert(good >= 0 && good <= valid, "good runs are valid ones");
  const needed = (BigInt(valid) * 999n + 999n) / 1000n;
  const allowed = Number(BigInt(valid) - needed);
  const bad = valid - good;
  return { allowed, bad, isBreached: bad > allowed, isLowVolume: valid < LOW_VOLUME_BELOW };
}
