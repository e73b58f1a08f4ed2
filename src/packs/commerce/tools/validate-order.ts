import { z } from "zod";
import type { Tool } from "../../../guard/index.ts";
import type { ShopLine, ShopOrder } from "../clients/shopify.ts";
import { tool } from "./define.ts";
import { cents, currency, entityId, lines, slug } from "./fields.ts";
import { applied, rejectedWith } from "./outcome.ts";
import { readOrder } from "./shop-order.ts";

/** Reads a paid order and refuses one that cannot be fulfilled, naming all reasons. */
export const validateOrder: Tool = tool({
  name: "validateOrder",
  level: "READ",
  input: z.strictObject({ order_id: entityId() }),
  output: z.strictObject({
    order_id: entityId(),
    valid: z.literal(true),
    reasons: z.array(slug()).max(0),
    currency: currency(),
    total_cents: cents(),
    country: z.string().length(2),
    lines: lines(),
  }),
  contract: { dependency: "shopify" },
  async handler({ order_id }, context) {
    const read = await readOrder(context, order_id, { rejected: "ORDER_INVALID", unavailable: "SHOP_UNAVAILABLE" });
    if (!read.ok) return read.outcome;
    const order = read.value;
    const reasons = orderProblems(order);
    if (reasons.length > 0)
      return rejectedWith("ORDER_INVALID", `the order cannot be fulfilled: ${reasons.join(", ")}`, { reasons });
    return applied({
      order_id,
      valid: true,
      reasons: [],
      currency: order.currency,
      total_cents: order.totalMinor,
      country: order.shipsTo,
      lines: order.lines.map((line) => ({ sku: line.sku, quantity: line.quantity, unit_cents: line.unitMinor })),
    });
  },
});

/** Why an order cannot be fulfilled; empty when it can. */
function orderProblems(order: ShopOrder): readonly string[] {
  const problems = [
    [order.cancelledAt !== null, "cancelled"],
    [order.financialStatus !== "PAID", "not_paid"],
    [order.shipsTo === null, "no_shipping_address"],
    [order.lines.length === 0, "no_lines"],
    [order.lines.some((line) => !isOrderable(line)), "line_not_orderable"],
  ] as const;
  return problems.filter(([holds]) => holds).map(([, reason]) => reason);
}

const isOrderable = (line: ShopLine): boolean => line.sku !== null && line.sku !== "" && line.quantity > 0;
