import { type Refusal, refuse, type Verdict } from "../../contracts/index.ts";

/** How often somebody looks for signs of life, and how long a silence means what; whole seconds. */
export interface HeartbeatThresholds {
  readonly check_interval_seconds: number;
  readonly warning_after_seconds: number;
  readonly stale_after_seconds: number;
}

/** How a lease is held by token; data, so that another policy is another value. */
export interface LeasePolicy extends HeartbeatThresholds {
  readonly ttl_seconds: number;
  readonly renew_seconds: number;
  /** What becomes of a run whose lease was lost: it goes on under a fresh one, or waits for a person. */
  readonly on_loss: "recover" | "block";
}

/** For what runs for hours, such as an agent: silence is noticed while the lease can still be adopted. */
export const CONTINUITY_POLICY: LeasePolicy = {
  ttl_seconds: 1_800,
  renew_seconds: 300,
  check_interval_seconds: 300,
  warning_after_seconds: 900,
  stale_after_seconds: 1_200,
  on_loss: "block",
};

/** What a lease must last beyond the notice of silence, so that a successor can still adopt it. */
const ADOPTION_SECONDS = 60;

const isCount = (seconds: number): boolean => Number.isSafeInteger(seconds) && seconds >= 1;

const invalid = (message: string): Verdict & { readonly pass: false; readonly refusal: Refusal } =>
  refuse("E_CHECK_HEARTBEAT_INVALID", message);

/** Whether thresholds fit together. Refused: E_CHECK_HEARTBEAT_INVALID. */
export function checkThresholds(thresholds: HeartbeatThresholds): Verdict {
  const { check_interval_seconds: check, warning_after_seconds: warning, stale_after_seconds: stale } = thresholds;
  if (![check, warning, stale].every(isCount)) return invalid("thresholds are whole seconds of one or more");
  if (check > warning) return invalid(`a check every ${check} s is too rare for a warning after ${warning} s`);
  if (warning > stale) return invalid(`a warning after ${warning} s comes after ${stale} s, which are stale`);
  return { pass: true };
}

/** Whether a policy lets a lost holder be noticed while its lease lasts. Refused: E_CHECK_HEARTBEAT_INVALID. */
export function checkPolicy(policy: LeasePolicy): Verdict {
  const thresholds = checkThresholds(policy);
  if (!thresholds.pass) return thresholds;
  const { ttl_seconds: ttl, renew_seconds: renew, stale_after_seconds, check_interval_seconds } = policy;
  if (!isCount(ttl) || !isCount(renew)) return invalid("times are whole seconds of one or more");
  const ttlMin = stale_after_seconds + check_interval_seconds + ADOPTION_SECONDS;
  if (ttl < ttlMin)
    return invalid(`a lease of ${ttl} s is over before its silence is noticed; give ${ttlMin} s or more`);
  if (renew * 3 > ttl) return invalid(`a renewal every ${renew} s is too rare; give a third of ${ttl} s or less`);
  return { pass: true };
}
