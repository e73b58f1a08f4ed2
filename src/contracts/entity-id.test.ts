import fc from "fast-check";
import { expect, test } from "vitest";
import { carriesPrefix, entityIdOf, isTenantId, prefixesCollide } from "./entity-id.ts";

const tenant = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,5}(_[a-z0-9-]{1,5}){0,3}$/);
const externalId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);

test.each(["shop", "test_shop", "shop_abc-1", "0", "test_a_b", "a-_-b"])("%s may name a tenant", (text) => {
  expect(isTenantId(text)).toBe(true);
});

test.each(["", "_shop", "-shop", "Shop", "shop_", "shop__eu", "shop.eu", "shop eu", "shöp", "shop\n", "a".repeat(64)])(
  "%j may not name a tenant",
  (text) => {
    expect(isTenantId(text)).toBe(false);
  },
);

test("P1-T31 an entity id says whose it is, of what kind, and which", () => {
  expect(entityIdOf("test_shop", "order", "820982911946154508")).toBe("test_shop_ord_820982911946154508");
  expect(entityIdOf("test_shop", "payment", "pi_3X")).toBe("test_shop_pay_pi_3X");
});

test.each(["", "a/b", "a b", "a\nb", "gid://shopify/Order/1", "é", "x".repeat(201)])(
  "%j may not stand in an entity id",
  (text) => {
    expect(entityIdOf("shop", "order", text)).toBeUndefined();
  },
);

test("a tenant whose prefix begins another's may not stand beside it, a mere common beginning may", () => {
  expect(prefixesCollide("shop", "shop_eu")).toBe(true);
  expect(prefixesCollide("shop_eu", "shop")).toBe(true);
  expect(prefixesCollide("shop", "shop")).toBe(true);
  expect(prefixesCollide("shop", "shopping")).toBe(false);
  expect(prefixesCollide("shop_eu", "shop_us")).toBe(false);
});

test("the prefix alone is no entity id", () => {
  expect(carriesPrefix("shop", "shop_")).toBe(false);
});

test("P1-T31 P1-T-RK06c an entity id carries its tenant's prefix, and no prefix of a tenant that may stand beside it", () => {
  fc.assert(
    fc.property(tenant, tenant, externalId, (owner, other, external) => {
      fc.pre(!prefixesCollide(owner, other));
      const id = entityIdOf(owner, "fulfillment", external) ?? "";

      expect(isTenantId(owner)).toBe(true);
      expect(carriesPrefix(owner, id)).toBe(true);
      expect(carriesPrefix(other, id)).toBe(false);
    }),
  );
});
