import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_DELAYS, jitterFraction, retryDelayMs } from "./backoff.ts";

const plain = { ...DEFAULT_DELAYS, jitter: false };
const none = { fraction: 0.5, retryAfterMs: undefined };

describe("the delay before an attempt", () => {
  test("doubles from one second to at most sixty", () => {
    const delays = [2, 3, 4, 5, 6, 7, 8].map((attempt) => retryDelayMs(plain, attempt, none) / 1000);

    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 60]);
  });

  test("with jitter is the part of it that chance chose", () => {
    expect(retryDelayMs(DEFAULT_DELAYS, 4, { fraction: 0.25, retryAfterMs: undefined })).toBe(1000);
  });

  test("is never shorter than the provider asked, nor longer than the maximum", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(100_000),
        (attempt, fraction, retryAfterMs) => {
          const delayMs = retryDelayMs(DEFAULT_DELAYS, attempt, { fraction, retryAfterMs });

          expect(delayMs).toBeLessThanOrEqual(60_000);
          expect(delayMs).toBeGreaterThanOrEqual(Math.min(retryAfterMs, 60_000));
        },
      ),
    );
  });
});

describe("jitter", () => {
  test("is fixed by seed, step and attempt, and differs between attempts", () => {
    expect(jitterFraction(7, "a", 2)).toBe(jitterFraction(7, "a", 2));
    expect(new Set([2, 3, 4, 5].map((attempt) => jitterFraction(7, "a", attempt))).size).toBe(4);
  });

  test("spreads evenly over [0, 1)", () => {
    const fractions = Array.from({ length: 10_000 }, (_, seed) => jitterFraction(seed, "step", 2));
    const tenths = fractions.map((fraction) => Math.floor(fraction * 10));

    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = tenths.filter((value) => value === tenth).length / fractions.length;
      expect(Math.abs(share - 0.1)).toBeLessThan(0.02);
    }
  });
});
