import { z } from "zod";
import type { Tool } from "../../../guard/index.ts";
import { addTags, fetchShopOrder } from "../clients/shopify.ts";
import { tool } from "./define.ts";
import { entityId, slug } from "./fields.ts";
import { applied, found, outcomeOf, unclear } from "./outcome.ts";
import { gidOf } from "./shop-order.ts";

const CODES = { rejected: "ORDER_CONFLICT", unavailable: "SHOP_UNAVAILABLE", notFound: "ORDER_NOT_FOUND" } as const;

const input = z.strictObject({ order_id: entityId(), tags: z.array(slug()).min(1).max(20) });

/** Adds tags to the order in the shop: the one change that can be repeated without doing harm. */
export const updateOrder: Tool = tool({
  name: "updateOrder",
  level: "HARD_WRITE",
  input,
  output: z.strictObject({ order_id: entityId(), tags: z.array(slug()) }),
  contract: { dependency: "shopify", settle_ms: 5_000 },
  async handler(request, context) {
    const gid = gidOf(context, request.order_id);
    if (!gid.ok) return gid.outcome;
    const answer = await addTags(context, gid.value, request.tags);
    return answer.ok
      ? updated(request, gid.value, answer.requestId)
      : outcomeOf("shopify", answer.failure, CODES, "write");
  },
  async lookup(request, context) {
    const gid = gidOf(context, request.order_id);
    if (!gid.ok) return { kind: "absent" };
    const answer = await fetchShopOrder(context, gid.value);
    if (!answer.ok) return unclear("shopify", answer.failure);
    const hasAll = request.tags.every((tag) => answer.value.tags.includes(tag));
    return hasAll ? found(updated(request, gid.value, answer.requestId)) : { kind: "absent" };
  },
});

const updated = (request: z.infer<typeof input>, gid: string, requestId: string | null) =>
  applied(
    { order_id: request.order_id, tags: request.tags },
    {
      proof: { provider: "shopify", transactionId: gid, requestId },
      entities: [{ entityType: "order", entityId: request.order_id, set: { tags: request.tags } }],
    },
  );
