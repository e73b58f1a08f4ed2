import type { CallContext, ToolOutcome } from "../../../guard/index.ts";
import type { Answer } from "../clients/answer.ts";
import { fetchShopContact, fetchShopOrder, type ShopContact, type ShopOrder } from "../clients/shopify.ts";
import { shopOrderGid } from "../ids.ts";
import { type FailureCodes, outcomeOf, rejectedWith } from "./outcome.ts";

type Refused = Exclude<ToolOutcome, { kind: "applied" }>;

/** What a tool needs before it can go on, or the outcome with which it ends. */
export type Step<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly outcome: Refused };

export const goOn = <T>(value: T): Step<T> => ({ ok: true, value });

export const stop = (outcome: Refused): { readonly ok: false; readonly outcome: Refused } => ({ ok: false, outcome });

/** Shopify's id of an order of ours; another text is no order of this shop. */
export function gidOf(context: CallContext, orderId: string): Step<string> {
  const gid = shopOrderGid(context.tenantId, orderId);
  return gid === undefined
    ? stop(rejectedWith("ORDER_NOT_FOUND", "the order id names no order of the shop"))
    : goOn(gid);
}

/** The order as the shop has it now. */
export const readOrder = (context: CallContext, orderId: string, codes: FailureCodes): Promise<Step<ShopOrder>> =>
  readBy(context, orderId, codes, fetchShopOrder);

/** Who the order belongs to. What it returns must not leave the handler. */
export const readContact = (context: CallContext, orderId: string, codes: FailureCodes): Promise<Step<ShopContact>> =>
  readBy(context, orderId, codes, fetchShopContact);

async function readBy<T>(
  context: CallContext,
  orderId: string,
  codes: FailureCodes,
  read: (context: CallContext, gid: string) => Promise<Answer<T>>,
): Promise<Step<T>> {
  const gid = gidOf(context, orderId);
  if (!gid.ok) return gid;
  const answer = await read(context, gid.value);
  if (answer.ok) return goOn(answer.value);
  return stop(outcomeOf("shopify", answer.failure, { notFound: "ORDER_NOT_FOUND", ...codes }, "read"));
}
