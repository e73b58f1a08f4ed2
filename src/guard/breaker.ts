import { after, assert, type Instant } from "../contracts/index.ts";
import type { BreakerPhase, BreakerRecord } from "./call.ts";
import { type GuardVerdict, passed, refused } from "./verdict.ts";

/*
 * Circuit breakers (commerce-kernel 15.2 and 15.3) as a pure machine over the persisted record.
 *
 * B1  An OPEN breaker lets nothing through before `opened_at + open_duration`; then each call through is a probe.
 * B2  A half-open phase begins at most `half_open_max_calls` probes.
 * B3  A result counts only in the phase its call was admitted in; `opened_at` and state together name a phase.
 * B4  Each change raises `revision` by one: writers compare and set on it.
 */

/** Seconds throughout. */
export interface BreakerConfig {
  readonly failure_threshold: number;
  readonly failure_window_seconds: number;
  readonly open_duration_seconds: number;
  readonly half_open_max_calls: number;
  readonly success_threshold: number;
  /** False: the record lives in the process only. */
  readonly persist_state: boolean;
  readonly state_ttl_seconds: number;
}

const DEFAULT_CONFIG: BreakerConfig = {
  failure_threshold: 5,
  failure_window_seconds: 60,
  open_duration_seconds: 30,
  half_open_max_calls: 3,
  success_threshold: 2,
  persist_state: true,
  state_ttl_seconds: 300,
};

const CONFIGS: ReadonlyMap<string, BreakerConfig> = new Map([
  ["stripe", { ...DEFAULT_CONFIG, failure_threshold: 3, failure_window_seconds: 30, open_duration_seconds: 60 }],
  ["printful", { ...DEFAULT_CONFIG, failure_threshold: 10, failure_window_seconds: 120, open_duration_seconds: 120 }],
  [
    "llm_primary",
    {
      ...DEFAULT_CONFIG,
      failure_threshold: 3,
      failure_window_seconds: 30,
      open_duration_seconds: 10,
      persist_state: false,
    },
  ],
]);

/** The settings of a dependency's breaker; the defaults for a dependency without a row of its own. */
export const breakerConfigOf = (dependency: string): BreakerConfig => CONFIGS.get(dependency) ?? DEFAULT_CONFIG;

/** The record as it counts now: absent is CLOSED, and an expired one is CLOSED or, if it was not, HALF_OPEN from zero. */
export function breakerNow(
  { id, stored }: { readonly id: string; readonly stored: BreakerRecord | null },
  config: BreakerConfig,
  now: Instant,
): BreakerRecord {
  if (stored !== null && now < stored.expires_at) return stored;
  return {
    breaker_id: id,
    state: stored === null || stored.state === "CLOSED" ? "CLOSED" : "HALF_OPEN",
    failure_times: [],
    success_count: 0,
    probe_count: 0,
    opened_at: stored?.opened_at ?? null,
    expires_at: expiry(config, now),
    revision: stored?.revision ?? 0,
  };
}

/** Stage 11. A call through an OPEN or HALF_OPEN breaker claims its place among the probes. */
export function breakerVerdict(breaker: BreakerRecord, config: BreakerConfig, now: Instant): GuardVerdict {
  switch (breaker.state) {
    case "CLOSED":
      return passed(`the breaker of \`${breaker.breaker_id}\` is closed`);
    case "OPEN":
      return openVerdict(breaker, config, now);
    case "HALF_OPEN":
      return breaker.probe_count < config.half_open_max_calls
        ? probe({ ...breaker, probe_count: breaker.probe_count + 1 }, config, now) // B2
        : refused("CIRCUIT_OPEN", `\`${breaker.breaker_id}\` has as many probes as its breaker allows`, {
            retryAfterMs: breaker.expires_at - now,
          });
  }
}

function openVerdict(breaker: BreakerRecord, config: BreakerConfig, now: Instant): GuardVerdict {
  assert(breaker.opened_at !== null, "an open breaker knows when it opened");
  const waitMs = breaker.opened_at + config.open_duration_seconds * 1000 - now;
  if (waitMs <= 0) return probe({ ...breaker, success_count: 0, probe_count: 1 }, config, now); // B1
  return refused("CIRCUIT_OPEN", `the breaker of \`${breaker.breaker_id}\` is open`, { retryAfterMs: waitMs });
}

/** `breaker` is as it was read, with the probe's number already in its count. */
function probe(breaker: BreakerRecord, config: BreakerConfig, now: Instant): GuardVerdict {
  const next = changed({ ...breaker, state: "HALF_OPEN" }, config, now);
  return passed(`probe ${next.probe_count} of ${config.half_open_max_calls} through the half-open breaker`, [
    { kind: "probe", breaker: next, from: breaker.revision },
  ]);
}

/** What became of a call. */
export interface BreakerOutcome {
  /** The phase in which the call was admitted. */
  readonly admittedIn: BreakerPhase;
  readonly now: Instant;
  /** Failures are time-outs, lost connections, 5xx and 429. An answer that says no is a success: the provider is up. */
  readonly outcome: "success" | "failure";
}

/** The record after an outcome; the very same record where nothing changes. */
export function breakerAfter(
  breaker: BreakerRecord,
  config: BreakerConfig,
  { admittedIn, outcome, now }: BreakerOutcome,
): BreakerRecord {
  const isLate = admittedIn.state !== breaker.state || admittedIn.opened_at !== breaker.opened_at;
  if (isLate || breaker.state === "OPEN") return breaker; // B3
  if (breaker.state === "CLOSED") return outcome === "success" ? breaker : afterFailure(breaker, config, now);
  if (outcome === "failure") return opened(breaker, config, now);
  const successes = breaker.success_count + 1;
  if (successes < config.success_threshold) return changed({ ...breaker, success_count: successes }, config, now);
  return changed({ ...breaker, ...ZERO, state: "CLOSED" }, config, now);
}

/** An administrator's reset: CLOSED, counters zero. */
export const breakerReset = (breaker: BreakerRecord, config: BreakerConfig, now: Instant): BreakerRecord =>
  changed({ ...breaker, ...ZERO, state: "CLOSED" }, config, now);

const ZERO = { failure_times: [], success_count: 0, probe_count: 0 };

function afterFailure(breaker: BreakerRecord, config: BreakerConfig, now: Instant): BreakerRecord {
  const since = now - config.failure_window_seconds * 1000;
  const failures = [...breaker.failure_times.filter((at) => at > since), now].slice(-config.failure_threshold);
  return failures.length < config.failure_threshold
    ? changed({ ...breaker, failure_times: failures }, config, now)
    : opened({ ...breaker, failure_times: failures }, config, now);
}

const opened = (breaker: BreakerRecord, config: BreakerConfig, now: Instant): BreakerRecord =>
  changed({ ...breaker, state: "OPEN", opened_at: now, success_count: 0, probe_count: 0 }, config, now);

const changed = (breaker: BreakerRecord, config: BreakerConfig, now: Instant): BreakerRecord => ({
  ...breaker,
  expires_at: expiry(config, now),
  revision: breaker.revision + 1, // B4
});

const expiry = (config: BreakerConfig, now: Instant): Instant => after(now, config.state_ttl_seconds * 1000);
