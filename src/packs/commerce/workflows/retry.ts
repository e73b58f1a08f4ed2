import type { RetryPolicy } from "../../../run/index.ts";

/** Three attempts, after one second and then two (with jitter below that), on the codes given. */
export const threeAttempts = (...retryable_errors: readonly string[]): RetryPolicy => ({
  max_attempts: 3,
  base_delay_seconds: 1,
  max_delay_seconds: 60,
  backoff_multiplier: 2,
  jitter: true,
  retryable_errors,
});
