import fc from "fast-check";
import { expect, test } from "vitest";
import { entityIdOf } from "../../contracts/index.ts";
import { externalIdOf, fulfillmentIdOf, printfulNumber, shopOrderGid } from "./ids.ts";

test("an order's 64-bit id survives the way to the shop", () => {
  expect(shopOrderGid("shop_abc", "shop_abc_ord_820982911946154508")).toBe("gid://shopify/Order/820982911946154508");
});

test("every fulfilment number comes back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1 }), (number) => {
      expect(printfulNumber("shop_abc", fulfillmentIdOf("shop_abc", number) ?? "")).toBe(number);
    }),
  );
});

test.each([
  ["another tenant's", "shop_xyz_ord_1"],
  ["another kind's", "shop_abc_ful_1"],
  ["an empty one", "shop_abc_ord_"],
  ["one with more than digits", "shop_abc_ord_1/../2"],
] as const)("%s id is no order of the tenant", (_, id) => {
  expect(shopOrderGid("shop_abc", id)).toBeUndefined();
});

test("an external id is read back as it was given", () => {
  expect(externalIdOf("shop_abc", "payment", entityIdOf("shop_abc", "payment", "pi_3Nv_1") ?? "")).toBe("pi_3Nv_1");
});
