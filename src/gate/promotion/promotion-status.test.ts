import { expect, test } from "vitest";
import { PROMOTION_STATUS, parseSubstrate, substrateOf } from "./promotion-status.ts";

test("10.3 each status has a word of its own in the substrate, and that word leads back to it", () => {
  const words = PROMOTION_STATUS.options.map((status) => [status, substrateOf(status)]);

  expect(words).toEqual([
    ["APPROVE", "PROMOTE"],
    ["REJECT", "DENY"],
    ["NEEDS_HUMAN", "STOP"],
  ]);
  for (const status of PROMOTION_STATUS.options) expect(parseSubstrate(substrateOf(status))).toBe(status);
});

test.each(["HOLD", "promote", "APPROVE", "", "__proto__"])("10.3 `%s` is no word of the substrate", (word) => {
  expect(parseSubstrate(word)).toBeUndefined();
});
