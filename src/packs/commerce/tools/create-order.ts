import { z } from "zod";
import type { Tool } from "../../../guard/index.ts";
import { addTags, fetchShopOrder, type ShopOrder } from "../clients/shopify.ts";
import { tool } from "./define.ts";
import { cents, currency, entityId } from "./fields.ts";
import { applied, found, outcomeOf, rejectedWith, unclear } from "./outcome.ts";
import { gidOf, readOrder } from "./shop-order.ts";

/** Marks an order in the shop as taken on by us; adding it twice changes nothing. */
const ACCEPTED_TAG = "countermark-accepted";

const CODES = { rejected: "ORDER_CONFLICT", unavailable: "SHOP_UNAVAILABLE", notFound: "ORDER_NOT_FOUND" } as const;

const input = z.strictObject({
  order_id: entityId(),
  currency: currency(),
  total_cents: cents(),
  tax_cents: cents(),
});

/** Takes the order on: records it here and marks it in the shop, unless it changed since it was validated. */
export const createOrder: Tool = tool({
  name: "createOrder",
  level: "HARD_WRITE",
  input,
  output: z.strictObject({ order_id: entityId(), status: z.literal("accepted") }),
  contract: { dependency: "shopify", settle_ms: 5_000 },
  async handler(request, context) {
    const local = await context.entity("order", request.order_id);
    if (local?.state.status === "cancelled") return rejectedWith("ORDER_CONFLICT", "the order is cancelled here");
    const read = await readOrder(context, request.order_id, CODES);
    if (!read.ok) return read.outcome;
    if (isChanged(read.value, request))
      return rejectedWith("ORDER_CONFLICT", "the order changed since it was validated");
    const tagged = await addTags(context, read.value.gid, [ACCEPTED_TAG]);
    if (!tagged.ok) return outcomeOf("shopify", tagged.failure, CODES, "write");
    return accepted(request, read.value.gid, tagged.requestId);
  },
  async lookup(request, context) {
    const gid = gidOf(context, request.order_id);
    if (!gid.ok) return { kind: "absent" };
    const answer = await fetchShopOrder(context, gid.value);
    if (!answer.ok) return unclear("shopify", answer.failure);
    return answer.value.tags.includes(ACCEPTED_TAG)
      ? found(accepted(request, gid.value, answer.requestId))
      : { kind: "absent" };
  },
});

const isChanged = (order: ShopOrder, request: z.infer<typeof input>): boolean =>
  order.cancelledAt !== null || order.totalMinor !== request.total_cents || order.currency !== request.currency;

const accepted = (request: z.infer<typeof input>, gid: string, requestId: string | null) =>
  applied(
    { order_id: request.order_id, status: "accepted" },
    {
      proof: { provider: "shopify", transactionId: gid, requestId },
      entities: [
        {
          entityType: "order",
          entityId: request.order_id,
          set: {
            status: "accepted",
            currency: request.currency,
            total_cents: request.total_cents,
            tax_cents: request.tax_cents,
          },
        },
      ],
    },
  );
