import { describe, expect, test } from "vitest";
import { type Instant, after as later } from "../contracts/index.ts";
import { boundsVerdict } from "./bounds.ts";
import type { CallFacts, CallRequest, Counters } from "./call.ts";
import { rateVerdict } from "./rate.ts";
import { factsOf, NOON, registered, requestOf, resolvedOf } from "./testing/calls.ts";

const call = resolvedOf(registered());
const NONE: Counters = { steps: 1, tool_calls: 0, tool_calls_per_type: {}, tokens: 0, active_ms: 0 };
const { bounds } = factsOf(call);

const codeOf = (facts: Partial<CallFacts>, request: Partial<CallRequest> = {}) => {
  const verdict = boundsVerdict(call, requestOf(request), factsOf(call, facts));
  return verdict.verdict === "refused" ? verdict.refusal.code : verdict.verdict;
};

describe("bounds", () => {
  test("P1-D01 the 100th tool call may start, the 101st may not", () => {
    expect(codeOf({ counters: { ...NONE, tool_calls: 99 } })).toBe("passed");
    expect(codeOf({ counters: { ...NONE, tool_calls: 100 } })).toBe("BOUND_TOOL_CALLS");
  });

  test("P1-D01 a tool has a limit of its own", () => {
    const limited = { ...bounds, max_tool_calls_per_type: { executeRefund: 2, other: 0 } };

    expect(codeOf({ bounds: limited, counters: { ...NONE, tool_calls_per_type: { executeRefund: 1 } } })).toBe(
      "passed",
    );
    expect(codeOf({ bounds: limited, counters: { ...NONE, tool_calls_per_type: { executeRefund: 2 } } })).toBe(
      "BOUND_TOOL_CALLS_PER_TYPE",
    );
  });

  test("P1-T05 the step that would be one too many makes no call", () => {
    expect(codeOf({ counters: { ...NONE, steps: 50 } })).toBe("passed");
    expect(codeOf({ counters: { ...NONE, steps: 51 } })).toBe("BOUND_STEPS");
  });

  test("P1-T06 active time ends at its limit, not after it", () => {
    expect(codeOf({ counters: { ...NONE, active_ms: 299_999 } })).toBe("passed");
    expect(codeOf({ counters: { ...NONE, active_ms: 300_000 } })).toBe("BOUND_TIME");
  });

  test("P1-T07 more tokens than allowed end the run; exactly as many do not", () => {
    expect(codeOf({ counters: { ...NONE, tokens: 50_000 } })).toBe("passed");
    expect(codeOf({ counters: { ...NONE, tokens: 50_001 } })).toBe("BOUND_TOKENS");
  });

  test("a compensation runs on its own budget", () => {
    expect(codeOf({ counters: { ...NONE, tool_calls: 100 } }, { purpose: "compensation" })).toBe("skipped");
  });

  test("P1-T08 the third identical call is not executed, and the evidence names the sequence", () => {
    const verdict = boundsVerdict(call, requestOf(), factsOf(call, { recentCalls: [call.mark, call.mark] }));

    expect(verdict).toMatchObject({
      refusal: { code: "LOOP_DETECTED", details: { repeats: 3, sequence: [call.mark] } },
    });
  });

  test.each(["retry", "poll"] as const)("a %s is no loop", (purpose) => {
    expect(codeOf({ recentCalls: [call.mark, call.mark] }, { purpose })).toBe("passed");
  });
});

describe("rate limit", () => {
  const limited = resolvedOf(registered({ rate_limit_rpm: 2 }));
  const verdictOf = (rateHits: readonly Instant[]) => rateVerdict(limited, requestOf(), factsOf(limited, { rateHits }));

  test("a call within the limit claims its place", () => {
    expect(verdictOf([NOON])).toMatchObject({
      verdict: "passed",
      claims: [{ kind: "rate", tool: "executeRefund", limit: 2 }],
    });
  });

  test("the call after the limit is refused until the oldest leaves the window", () => {
    expect(verdictOf([later(NOON, -40_000), later(NOON, -10_000)])).toMatchObject({
      refusal: { code: "RATE_LIMITED" },
      retryAfterMs: 20_000,
    });
  });

  test("a call leaves the window exactly 60 s after it was made", () => {
    expect(verdictOf([later(NOON, -60_000), NOON]).verdict).toBe("passed");
    expect(verdictOf([later(NOON, -59_999), NOON]).verdict).toBe("refused");
  });
});
