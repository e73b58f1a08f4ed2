import fc from "fast-check";
import { expect, test } from "vitest";
import { type CanaryShare, takesCanary } from "./canary.ts";

const canary = (sharePercent: number, salt = "bundle"): CanaryShare => ({ baselineDigest: "d", salt, sharePercent });

const keys = Array.from({ length: 20_000 }, (_, index) => `shopify:order.paid:order-${index}:shop/P1-WF01`);

test.each([5, 25, 50])("a canary of %d %% takes that share of the new runs", (share) => {
  const taken = keys.filter((key) => takesCanary(canary(share), key)).length;

  expect(Math.abs(taken / keys.length - share / 100)).toBeLessThan(0.01);
});

test("the same start comes to the same version however often it is asked, and stays there as the share grows", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), (key, one, other) => {
      const [less, more] = one < other ? [one, other] : [other, one];
      return !takesCanary(canary(less), key) || takesCanary(canary(more), key);
    }),
  );
  expect(keys.every((key) => takesCanary(canary(100), key))).toBe(true);
});

test("another bundle is tried on other runs", () => {
  const [one, other] = ["a", "b"].map((salt) => keys.filter((key) => takesCanary(canary(5, salt), key)));

  expect(one).not.toEqual(other);
});
