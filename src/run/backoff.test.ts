import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_DELAYS, hashedFraction, jitterFraction, retryDelayMs } from "./backoff.ts";

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

  test("RT-905 is never shorter than the provider asked, nor longer than the maximum", () => {
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

describe("RT-902 delays that are stretched by a hash", () => {
  const table: readonly (readonly [string, number, number, readonly number[]])[] = [
    ["t-retry", 20, 200, [23, 45, 81, 187, 200, 200, 200]],
    ["task-001", 50, 2_000, [51, 110, 234, 408, 825, 1_674, 2_000]],
  ];
  const series = (work: string, baseMs: number, maxMs: number) =>
    [1, 2, 3, 4, 5, 6, 7].map((failed) =>
      retryDelayMs(
        {
          base_delay_seconds: baseMs / 1000,
          max_delay_seconds: maxMs / 1000,
          backoff_multiplier: 2,
          jitter: true,
          strategy: "stretch",
        },
        failed + 1,
        { fraction: hashedFraction(work, failed), retryAfterMs: undefined },
      ),
    );

  test.each(table)("RT-902 of `%s` from %d to at most %d ms are those of the table", (work, baseMs, maxMs, delays) => {
    expect(series(work, baseMs, maxMs)).toEqual(delays);
  });

  test("RT-903 never decrease, never exceed the maximum, and are the same again", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 5_000 }),
        (work, base, max) => {
          const delays = series(work, base, max);

          expect(delays).toEqual([...delays].sort((a, b) => a - b));
          expect(Math.max(...delays)).toBeLessThanOrEqual(max);
          expect(series(work, base, max)).toEqual(delays);
        },
      ),
    );
  });
});
