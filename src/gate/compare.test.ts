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
