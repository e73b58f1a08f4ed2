import type { JsonObject } from "../contracts/index.ts";
import type { EventSource } from "./normalise/event.ts";

/*
 * The fields of events that are stored, as schemas for the redaction pipeline: what is not declared here is dropped. No name,
 * address, telephone number or e-mail address is declared; free text is scanned for them. Ids and digit strings are
 * annotated, because the scanners would take them for keys or card numbers.
 */

const TEXT: JsonObject = {};
const ID: JsonObject = { "x-countermark": "id" };

const object = (properties: JsonObject): JsonObject => ({ properties });
const list = (items: JsonObject): JsonObject => ({ items });
const texts = (...names: readonly string[]): JsonObject => Object.fromEntries(names.map((name) => [name, TEXT]));
const ids = (...names: readonly string[]): JsonObject => Object.fromEntries(names.map((name) => [name, ID]));

/** What normalised events carry; see the readers under `normalise/`. */
export const PAYLOAD_SCHEMA: JsonObject = object({
  ...ids("order_id", "payment_id", "refund_id", "fulfillment_id", "message_id"),
  ...ids("shopify_gid", "payment_intent", "payment_reference", "charge", "refund", "dispute"),
  ...ids("printful_order_id", "external_id", "shipment_id", "tracking_number", "tracking_url"),
  ...ids("sg_message_id", "notification_id"),
  ...texts("name", "currency", "status", "reason", "cancel_reason", "carrier", "bounce_type"),
  ...texts("total_cents", "amount_cents", "amount_capturable_cents", "amount_received_cents", "amount_refunded_cents"),
  ...texts("failure_code", "failure_type", "failure_reason", "decline_code"),
  lines: list(object({ ...texts("sku", "quantity", "unit_cents"), variant: ID })),
});

const REFERENCE: JsonObject = { anyOf: [ID, object({ id: ID })] };

const STRIPE_OBJECT: JsonObject = object({
  ...ids("id"),
  ...texts("object", "status", "currency", "reason", "failure_reason", "refunded", "created"),
  ...texts("amount", "amount_capturable", "amount_received", "amount_refunded"),
  payment_intent: REFERENCE,
  charge: REFERENCE,
  latest_charge: REFERENCE,
  metadata: object(ids("order_id", "run_id", "step_id")),
  last_payment_error: object(texts("code", "decline_code", "type")),
});

const PRINTFUL_DATA: JsonObject = object({
  ...texts("reason"),
  order: object({ ...ids("id", "external_id"), ...texts("status") }),
  shipment: object({
    ...ids("id", "order_id", "tracking_number", "tracking_url"),
    ...texts("shipment_status", "carrier"),
  }),
});

/** What is kept of each provider's body. */
export const BODY_SCHEMAS: Readonly<Record<EventSource, JsonObject>> = {
  STRIPE: object({
    ...ids("id"),
    ...texts("object", "type", "api_version", "created", "livemode"),
    request: object(ids("id", "idempotency_key")),
    data: object({ object: STRIPE_OBJECT }),
  }),
  SHOPIFY: object({
    ...ids("id", "admin_graphql_api_id"),
    ...texts("name", "test", "currency", "total_price", "financial_status", "fulfillment_status"),
    ...texts("cancelled_at", "cancel_reason", "created_at", "updated_at"),
    line_items: list(object({ ...texts("sku", "quantity", "price"), variant_id: ID })),
  }),
  PRINTFUL: object({ ...texts("type", "occurred_at", "retries"), ...ids("store_id"), data: PRINTFUL_DATA }),
  SENDGRID: object({
    ...ids("sg_event_id", "sg_message_id", "notification_id"),
    ...texts("event", "timestamp", "reason", "response", "status", "type"),
  }),
};
