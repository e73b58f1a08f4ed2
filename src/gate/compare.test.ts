import { expect, test } from "vitest";
import type { Bound } from "./bound.ts";
import { sampleKeepsTo } from "./compare.ts";
import { rationalOf } from "./rational.ts";

const bound = (in_doubt: Bound["in_doubt"]): Bound => ({ method: "wilson", confidence: 0.95, side: "one", in_doubt });

/** Of 100 trials that are 90 good, one-sided 95 %: between 0.838 and 0.940. */
test.each([
  ["a limit below the interval", 0.83, true, true],
  ["a limit within it", 0.9, false, true],
  ["a limit above it", 0.95, false, false],
])(
  "%s passes what is shown to keep to it, or what is not shown to miss it, as a gate says",
  (_, limit, shown, doubted) => {
    const sample = { good: 90, valid: 100 };
    const passes = (in_doubt: Bound["in_doubt"]) =>
      sampleKeepsTo({ op: ">=", bound: bound(in_doubt) }, sample, rationalOf(limit));
    const fewPasses = (in_doubt: Bound["in_doubt"]) =>
      sampleKeepsTo(
        { op: "<=", bound: bound(in_doubt) },
        { good: 10, valid: 100 },
        rationalOf((100 - limit * 100) / 100),
      );

    expect([passes("fail"), passes("pass")]).toEqual([shown, doubted]);
    expect([fewPasses(undefined), fewPasses("pass")]).toEqual([shown, doubted]);
  },
);

test.each(["wilson", "clopper_pearson"] as const)(
  "by %s, what no sample can go beyond is a limit within the interval: in doubt nothing that is flawless fails it",
  (method) => {
    const doubted: Bound = { ...bound("pass"), method };
    const flawless = { good: 10, valid: 10 };
    const none = { good: 0, valid: 10 };

    expect(sampleKeepsTo({ op: ">=", bound: doubted }, flawless, rationalOf(1))).toBe(true);
    expect(sampleKeepsTo({ op: "<=", bound: doubted }, none, rationalOf(0))).toBe(true);
    expect(sampleKeepsTo({ op: ">=", bound: doubted }, none, rationalOf(1))).toBe(false);
    expect(sampleKeepsTo({ op: "<=", bound: doubted }, flawless, rationalOf(0))).toBe(false);
  },
);

test("an end that is the limit exactly keeps to it, in doubt and out of it", () => {
  const exact = (in_doubt: Bound["in_doubt"]): Bound => ({ ...bound(in_doubt), method: "clopper_pearson" });
  const one = { good: 1, valid: 1 };
  const keeps = (op: ">=" | "<=", in_doubt: Bound["in_doubt"], limit: string) =>
    sampleKeepsTo({ op, bound: exact(in_doubt) }, one, rationalOf(limit));

  expect([keeps(">=", "fail", "1/20"), keeps("<=", "pass", "1/20")]).toEqual([true, true]);
  expect([keeps(">=", "fail", "0.0501"), keeps("<=", "pass", "0.0499")]).toEqual([false, false]);
});
