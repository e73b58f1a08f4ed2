import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entityIdOf, isTenantId } from "../../contracts/index.ts";
import { foreignId, ownerOfId } from "./cross-tenant.ts";

const KINDS = ["order", "payment", "refund", "fulfillment", "customer", "ticket", "message"] as const;
const tenant = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,8}(_[a-z0-9-]{1,8}){0,2}$/).filter(isTenantId);
const external = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);

describe("ids of other tenants in a request (P1-T34)", () => {
  test("an id of another tenant is found at any depth, an own one never", () => {
    fc.assert(
      fc.property(tenant, tenant, fc.constantFrom(...KINDS), external, (own, other, kind, name) => {
        fc.pre(!other.startsWith(`${own}_`) && own !== other);
        const foreign = entityIdOf(other, kind, name) ?? "";
        const ours = entityIdOf(own, kind, name) ?? "";

        expect(foreignId(own, { lines: [{ a: ours }, [{ deep: foreign }]] })).toBe(foreign);
        expect(foreignId(own, { lines: [{ a: ours }] })).toBeUndefined();
      }),
    );
  });

  test("providers' ids and plain words are nobody's", () => {
    const texts = ["pi_3Nv", "gid://shopify/Order/1", "cus_9s6", "re_1", "the order shop_ord_1 is late", "_ord_1", ""];

    expect(foreignId("shop", texts)).toBeUndefined();
  });

  test("the incident names the tenant that was reached for", () => {
    expect(ownerOfId("acme_eu_ord_17")).toBe("acme_eu");
    expect(ownerOfId("pi_3Nv")).toBeNull();
  });
});
