import { type EntityId, type EntityKind, entityIdOf } from "../../contracts/index.ts";

/*
 * Business entities are named by their provider's own id behind the tenant's prefix, so a handler finds the provider's
 * object without a look-up table. Both ways refuse what they cannot read.
 */

const DIGITS = /^\d{1,20}$/;

const SHOP_ORDER = "gid://shopify/Order/";

/** The provider's id inside one of our ids, `undefined` when it is not the tenant's or of another kind. */
export function externalIdOf(tenant: string, kind: EntityKind, id: string): string | undefined {
  const prefix = entityIdOf(tenant, kind, "0")?.slice(0, -1);
  if (prefix === undefined || !id.startsWith(prefix)) return undefined;
  const external = id.slice(prefix.length);
  return entityIdOf(tenant, kind, external) === id ? external : undefined;
}

/** Shopify's id of one of our orders. */
export function shopOrderGid(tenant: string, orderId: string): string | undefined {
  const digits = externalIdOf(tenant, "order", orderId);
  return digits !== undefined && DIGITS.test(digits) ? `${SHOP_ORDER}${digits}` : undefined;
}

/** Printful's number of one of our fulfilments. */
export function printfulNumber(tenant: string, fulfillmentId: string): number | undefined {
  const digits = externalIdOf(tenant, "fulfillment", fulfillmentId);
  const number = digits !== undefined && DIGITS.test(digits) ? Number(digits) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Our id of a fulfilment at Printful. */
export const fulfillmentIdOf = (tenant: string, number: number): EntityId | undefined =>
  entityIdOf(tenant, "fulfillment", String(number));
