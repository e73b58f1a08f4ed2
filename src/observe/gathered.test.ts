import fc from "fast-check";
import { expect, test } from "vitest";
import { gathered } from "./gathered.ts";
import { at } from "./testing/recorded.ts";

const item = (from: number, to: number | null, kind = "works") => ({
  from: at(from),
  to: to === null ? null : at(to),
  kind,
});
const kindOf = ({ kind }: { readonly kind: string }): string => kind;

test("thousands of bars that nobody could tell apart are one that says how many, from the first to the end of the last", () => {
  const items = Array.from({ length: 5_000 }, (_, n) => item(n, n + 1, n % 2 === 0 ? "works" : "pauses"));
  const shown = gathered(items, 20, kindOf);

  expect(shown).toEqual([
    { ...item(0, 4_999), times: 2_500 },
    { ...item(1, 5_000, "pauses"), times: 2_500 },
  ]);
});

test("what is wider than a dot, stands apart or goes on is told by itself", () => {
  const items = [item(0, 1), item(2, 30), item(31, 32), item(60, 61), item(62, null)];

  expect(gathered(items, 20, kindOf)).toEqual(items.map((one) => ({ ...one, times: 1 })));
  expect(gathered([item(0, 1), item(1, 2)], 0, kindOf)).toHaveLength(2);
});

test("a row of bars is never told as more than a few for each dot, and none is lost", () => {
  const lengths = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(lengths, (lasting) => {
      const ends = lasting.map((_, index) => lasting.slice(0, index + 1).reduce((sum, one) => sum + one, 0));
      const items = ends.map((end, index) => item(end - (lasting[index] ?? 0), end));
      const dotMs = ((ends.at(-1) ?? 0) + 1) / 10;
      const shown = gathered(items, dotMs, kindOf);

      expect(shown.reduce((sum, { times }) => sum + times, 0)).toBe(items.length);
      expect(shown.length).toBeLessThanOrEqual(21);
    }),
  );
});
