import fc from "fast-check";
import { expect, test } from "vitest";
import { carriesPrefix, digestOf } from "../../contracts/index.ts";
import { normalise, type VerifiedDelivery } from "./normalise.ts";

const SOURCES = ["STRIPE", "SHOPIFY", "PRINTFUL", "SENDGRID"] as const;

const delivery = (rawBody: Uint8Array, headers: VerifiedDelivery["headers"] = {}): VerifiedDelivery => ({
  tenant: "test_shop",
  account: null,
  headers,
  rawBody,
});

test.each(SOURCES)("%s: bytes that are not UTF-8 are refused as a whole", (source) => {
  expect(normalise(source, delivery(Uint8Array.of(0xff)))).toMatchObject({
    ok: false,
    refusal: { code: "BODY_NOT_UTF8" },
  });
});

test.each(SOURCES)("%s: text that is not JSON is refused as a whole", (source) => {
  expect(normalise(source, delivery(Buffer.from("{")))).toMatchObject({
    ok: false,
    refusal: { code: "SCHEMA_PARSE_ERROR" },
  });
});

/** JSON that shares member names with the providers, so that the readers are reached and not only their first check. */
const providerLike = fc.letrec<{ value: unknown; object: unknown }>((tie) => ({
  object: fc.dictionary(
    fc.constantFrom(
      ..."id type object created livemode data order shipment order_id event sg_event_id email".split(" "),
    ),
    tie("value"),
    { maxKeys: 8 },
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      "event",
      "evt_1",
      "payment_intent.succeeded",
      "charge.refunded",
      "order_created",
      "shipment_sent",
      "delivered",
      1,
      820982911946154508n.toString(),
      true,
      null,
    ),
    fc.jsonValue(),
    fc.array(tie("value"), { maxLength: 3 }),
    tie("object"),
  ),
}));

test.each(SOURCES)("P1-T31 %s: any JSON gives events of this tenant or unusable ones, and never throws", (source) => {
  const headers = fc.constantFrom({}, { "x-shopify-hmac-sha256": "x", "x-shopify-topic": "orders/paid" });

  fc.assert(
    fc.property(fc.oneof(providerLike.value, providerLike.object), headers, (body, someHeaders) => {
      const rawBody = Buffer.from(JSON.stringify(body));
      const result = normalise(source, delivery(rawBody, someHeaders));
      const events = result.ok ? result.value : [];

      expect(events.every(({ source_event_id }) => source_event_id.length > 0)).toBe(true);
      expect(events.every((event) => event.kind === "unusable" || carriesPrefix("test_shop", event.entity_id))).toBe(
        true,
      );
      expect(events.every((event) => event.kind === "unusable" || digestOf(event.payload).length === 64)).toBe(true);
    }),
  );
});
