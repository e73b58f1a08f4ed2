import type { EntityId, Instant, Result } from "../../contracts/index.ts";
import { accepted, digestOf, parseInstant } from "../../contracts/index.ts";
import type { EventMeaning, InboundEvent } from "./event.ts";
import type { EventType } from "./event-type.ts";
import type { DecodedDelivery, Reader } from "./reading.ts";
import { concluded, readEntityId, unusable, unused } from "./reading.ts";
import { missingHeader, readShopifyHeaders, type ShopifyHeaders } from "./shopify-headers.ts";
import { orderDigits, orderPayload, personalOf, readShopifyOrder, type ShopifyOrder } from "./shopify-order.ts";

/** What a topic means, and what the signed body must say for the unsigned topic header to be believed. */
interface Topic {
  readonly type: EventType;
  readonly isBorneOut: (order: ShopifyOrder) => boolean;
}

const TOPICS: ReadonlyMap<string, Topic> = new Map<string, Topic>([
  ["orders/create", { type: "order.created", isBorneOut: () => true }],
  ["orders/updated", { type: "order.updated", isBorneOut: () => true }],
  ["orders/paid", { type: "order.paid", isBorneOut: ({ financial_status }) => financial_status === "paid" }],
  [
    "orders/partially_fulfilled",
    { type: "order.partially_fulfilled", isBorneOut: ({ fulfillment_status }) => fulfillment_status === "partial" },
  ],
  [
    "orders/fulfilled",
    { type: "order.fulfilled", isBorneOut: ({ fulfillment_status }) => fulfillment_status === "fulfilled" },
  ],
  ["orders/cancelled", { type: "order.cancelled", isBorneOut: ({ cancelled_at }) => typeof cancelled_at === "string" }],
]);

/** Shopify's order topics, in either header family. No header is signed, so each is checked against the body or the endpoint. */
export const readShopify: Reader = (delivery) => {
  const headers = readShopifyHeaders(delivery.headers);
  const digest = digestOf(delivery.body);
  const inbound: InboundEvent = {
    source: "SHOPIFY",
    source_event_id: headers.webhook_id ?? `body-${digest}`,
    event_type: headers.topic ?? "",
    body: delivery.body,
    payload_sha256: digest,
  };
  return [concluded(inbound, meaningOf(delivery, headers))];
};

function meaningOf(delivery: DecodedDelivery, headers: ShopifyHeaders): Result<EventMeaning> {
  const missing = missingHeader(headers);
  if (missing !== undefined) return unusable(`the header \`${missing}\` is missing`);
  if (delivery.account !== null && headers.shop_domain !== delivery.account) return unusable("another shop sent this");
  const topic = TOPICS.get(headers.topic ?? "");
  if (topic === undefined) return unused("events of this topic are not used");

  const order = readShopifyOrder(delivery.body);
  if (!order.ok) return order;
  if (!topic.isBorneOut(order.value)) return unusable("the body does not bear out its topic");
  const entityId = readEntityId(delivery.tenant, "order", orderDigits(order.value));
  if (!entityId.ok) return entityId;
  const occurredAt = timeOf(headers, order.value);
  if (occurredAt === undefined) return unusable("neither headers nor body say when it happened", "$.updated_at");
  return concludeOrder(topic.type, order.value, { entityId: entityId.value, occurredAt });
}

function concludeOrder(
  type: EventType,
  order: ShopifyOrder,
  { entityId, occurredAt }: { readonly entityId: EntityId; readonly occurredAt: Instant },
): Result<EventMeaning> {
  const payload = orderPayload(order, entityId);
  if (!payload.ok) return payload;
  return accepted({
    type,
    entity_type: "order",
    entity_id: entityId,
    occurred_at: occurredAt,
    livemode: order.test !== true,
    payload: payload.value,
    personal: personalOf(order),
    ...(type === "order.cancelled" ? { confirms: cancellationOf(order) } : {}),
  });
}

const cancellationOf = (order: ShopifyOrder) =>
  ({
    provider: "shopify",
    effect: "cancel",
    external_transaction_id: order.admin_graphql_api_id,
    external_reference: null,
    outcome: "confirmed",
  }) as const;

const timeOf = ({ triggered_at }: ShopifyHeaders, { updated_at }: ShopifyOrder): Instant | undefined =>
  parseInstant(triggered_at ?? "") ?? parseInstant(updated_at ?? "");
