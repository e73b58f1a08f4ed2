import type { CallFacts, CallRequest } from "./call.ts";
import type { ResolvedCall } from "./resolve.ts";
import { type GuardVerdict, passed, refused, skipped } from "./verdict.ts";

/** The sliding window of `rate_limit_rpm`; a call leaves it exactly 60 s after it was made. */
export const RATE_WINDOW_MS = 60_000;

/**
 * Stage 7: calls of this tenant and tool in the last 60 s, against the contract's limit. The claim counts again when the
 * intent commits, because another worker may have used the place meanwhile.
 */
export function rateVerdict(call: ResolvedCall, _request: CallRequest, { rateHits, now }: CallFacts): GuardVerdict {
  const { name, rate_limit_rpm: limit } = call.tool.contract;
  if (limit === null) return skipped("the tool has no rate limit");
  const inWindow = rateHits.filter((hit) => hit > now - RATE_WINDOW_MS);
  const leaving = inWindow[inWindow.length - limit];
  if (leaving === undefined) {
    return passed(`call ${inWindow.length + 1} of ${limit} in 60 s`, [{ kind: "rate", tool: name, limit }]);
  }
  return refused("RATE_LIMITED", `\`${name}\` was called ${inWindow.length} times in 60 s, its limit is ${limit}`, {
    details: { limit, observed: inWindow.length },
    retryAfterMs: leaving + RATE_WINDOW_MS - now,
  });
}
