import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Instant, instant } from "../contracts/index.ts";
import { breakerAfter, breakerConfigOf, breakerNow, breakerReset, breakerVerdict } from "./breaker.ts";
import type { BreakerPhase, BreakerRecord } from "./call.ts";

const STRIPE = breakerConfigOf("stripe");
const at = (seconds: number): Instant => instant(seconds * 1000);

/** A breaker driven by hand: `call` admits or refuses, `fails` and `succeeds` settle what was admitted. */
function driven(config = STRIPE) {
  let stored: BreakerRecord | null = null;
  const now = (seconds: number) => breakerNow({ id: "stripe", stored }, config, at(seconds));
  const call = (seconds: number): BreakerPhase | undefined => {
    const verdict = breakerVerdict(now(seconds), config, at(seconds));
    if (verdict.verdict !== "passed") return undefined;
    const probe = verdict.claims.find((claim) => claim.kind === "probe");
    if (probe !== undefined) stored = probe.breaker;
    return now(seconds);
  };
  const settle = (seconds: number, outcome: "success" | "failure", admittedIn: BreakerPhase = now(seconds)) => {
    stored = breakerAfter(now(seconds), config, { admittedIn, outcome, now: at(seconds) });
    return stored.state;
  };
  return { call, settle, state: (seconds: number) => now(seconds).state, stored: () => stored };
}

// Timelines: commerce-kernel.md 15.2.
describe("P1-D06 timeline of the stripe breaker", () => {
  test("failures at 0, 10 and 29 s open it; 88 is refused, 89 is a probe; successes at 89 and 90 close it", () => {
    const breaker = driven();

    expect([0, 10, 29].map((second) => breaker.settle(second, "failure"))).toEqual(["CLOSED", "CLOSED", "OPEN"]);
    expect(breaker.call(88)).toBeUndefined();
    expect(breaker.call(89)).toMatchObject({ state: "HALF_OPEN" });
    expect(breaker.settle(89, "success")).toBe("HALF_OPEN");
    expect(breaker.call(90)).toMatchObject({ state: "HALF_OPEN" });
    expect(breaker.settle(90, "success")).toBe("CLOSED");
  });

  test("failures at 0, 10 and 31 s leave it closed", () => {
    const breaker = driven();

    expect([0, 10, 31].map((second) => breaker.settle(second, "failure"))).toEqual(["CLOSED", "CLOSED", "CLOSED"]);
  });

  test("a success does not clear the window", () => {
    const breaker = driven();
    breaker.settle(0, "failure");
    breaker.settle(1, "success");
    breaker.settle(2, "failure");

    expect(breaker.settle(3, "failure")).toBe("OPEN");
  });
});

describe("half open", () => {
  const halfOpen = () => {
    const breaker = driven();
    for (const second of [0, 1, 2]) breaker.settle(second, "failure");
    return breaker;
  };

  test("at most three probes are let through, outstanding ones included", () => {
    const breaker = halfOpen();

    expect([62, 62, 62, 62].map((second) => breaker.call(second)?.state)).toEqual([
      "HALF_OPEN",
      "HALF_OPEN",
      "HALF_OPEN",
      undefined,
    ]);
  });

  test("a failed probe opens it again from its own time on", () => {
    const breaker = halfOpen();
    breaker.call(62);

    expect(breaker.settle(63, "failure")).toBe("OPEN");
    expect([breaker.call(122), breaker.call(123)?.state]).toEqual([undefined, "HALF_OPEN"]);
  });

  test("a late result from before the state changed is ignored", () => {
    const breaker = driven();
    const early = breaker.call(0);
    for (const second of [0, 1, 2]) breaker.settle(second, "failure");
    breaker.call(62);
    const before = breaker.stored();

    breaker.settle(63, "failure", early);

    expect(breaker.stored()).toBe(before);
  });

  test("a result of an earlier half-open phase does not count in a later one", () => {
    const breaker = halfOpen();
    const first = breaker.call(62);
    breaker.call(62);
    breaker.settle(63, "failure");
    breaker.call(123);

    expect(breaker.settle(124, "success", first)).toBe("HALF_OPEN");
    expect(breaker.stored()).toMatchObject({ success_count: 0 });
  });
});

describe("P1-D06 restart and expiry", () => {
  const stored = (state: BreakerRecord["state"]): BreakerRecord => ({
    breaker_id: "stripe",
    state,
    failure_times: [at(1), at(2)],
    success_count: 1,
    probe_count: 2,
    opened_at: state === "CLOSED" ? null : at(2),
    expires_at: at(300),
    revision: 9,
  });
  const read = (state: BreakerRecord["state"], seconds: number) =>
    breakerNow({ id: "stripe", stored: stored(state) }, STRIPE, at(seconds));

  test("a fresh record counts as stored, so the window survives a restart", () => {
    expect(read("CLOSED", 299)).toEqual(stored("CLOSED"));
  });

  test("an expired open or half-open record is half open from zero, for 300 s more", () => {
    for (const state of ["OPEN", "HALF_OPEN"] as const) {
      expect(read(state, 300)).toMatchObject({
        state: "HALF_OPEN",
        failure_times: [],
        success_count: 0,
        probe_count: 0,
        expires_at: at(600),
        revision: 9,
      });
    }
  });

  test("an expired closed record is closed from zero, and no record is closed", () => {
    expect(read("CLOSED", 300)).toMatchObject({ state: "CLOSED", failure_times: [] });
    expect(breakerNow({ id: "stripe", stored: null }, STRIPE, at(0))).toMatchObject({ state: "CLOSED", revision: 0 });
  });

  test("a reset closes it", () => {
    expect(breakerReset(stored("OPEN"), STRIPE, at(3))).toMatchObject({
      state: "CLOSED",
      failure_times: [],
      revision: 10,
    });
  });

  test("the named dependencies have the settings of the table, others the defaults", () => {
    expect(
      ["shopify", "stripe", "printful", "llm_primary"].map((id) => {
        const config = breakerConfigOf(id);
        return [
          config.failure_threshold,
          config.failure_window_seconds,
          config.open_duration_seconds,
          config.persist_state,
        ];
      }),
    ).toEqual([
      [5, 60, 30, true],
      [3, 30, 60, true],
      [10, 120, 120, true],
      [3, 30, 10, false],
    ]);
  });
});

test("whatever happens: an open breaker lets nothing through, revisions rise by one, probes stay within their limit", () => {
  const action = fc.tuple(fc.constantFrom("call", "success", "failure"), fc.integer({ min: 0, max: 40 }));
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const breaker = driven();
      let second = 0;
      let revision = 0;
      for (const [kind, passes] of actions) {
        second += passes;
        const before = breaker.stored();
        const isShut =
          before?.state === "OPEN" && at(second) < (before.opened_at ?? 0) + 60_000 && at(second) < before.expires_at;
        if (kind === "call") expect(breaker.call(second) !== undefined && isShut).toBe(false);
        else breaker.settle(second, kind === "success" ? "success" : "failure");
        const stored = breaker.stored();
        expect((stored?.revision ?? 0) - revision).toBeLessThanOrEqual(1);
        expect(stored?.probe_count ?? 0).toBeLessThanOrEqual(STRIPE.half_open_max_calls);
        expect(stored?.failure_times.length ?? 0).toBeLessThanOrEqual(STRIPE.failure_threshold);
        revision = stored?.revision ?? 0;
      }
    }),
  );
});
