import { describe, expect, it } from "vitest";
import { digestOf, entityIdOf, instant, type Json, type JsonObject } from "../contracts/index.ts";
import type { EventSource, InternalEvent } from "./normalise/event.ts";
import { contentText, readContent, storedContent } from "./stored-content.ts";

const SALT = new Uint8Array(16);

const event = (source: EventSource, payload: JsonObject, body: Json = {}): InternalEvent => ({
  kind: "event",
  source,
  source_event_id: "e1",
  event_type: "x",
  body,
  payload_sha256: digestOf(body),
  predecessor_source_event_id: null,
  type: "payment.captured",
  entity_type: "payment",
  entity_id: entityIdOf("t", "payment", "pi_1") ?? expect.fail("an id"),
  occurred_at: instant(1_767_225_600_000),
  livemode: false,
  payload,
});

const contentOf = (stored: ReturnType<typeof storedContent>) => (stored.ok ? stored.content : expect.fail("stored"));

describe("what is kept of an event", () => {
  it("ids and digit strings of providers are kept as they are, where a scanner would take them for secrets or cards", () => {
    const payload = {
      payment_intent: "pi_3MtwBwLkdIwHu7ix28a3tqPa",
      charge: "ch_3MmlLrLkdIwHu7ix0snN0B15",
      tracking_number: "4242424242424242",
      printful_order_id: "4111111111111111",
      notification_id: "8c1f3b7a9d2e4f60a1b2c3d4e5f60718",
    };
    const object = { id: "pi_3MtwBwLkdIwHu7ix28a3tqPa", amount: 4200, receipt_email: "a@example.com" };
    const body = { id: "evt_1NG8Du2eZvKYlo2CUI79vXWy", data: { object } };

    const content = contentOf(storedContent(event("STRIPE", payload, body), SALT));

    expect(content.payload).toEqual(payload);
    expect(content.body).toEqual({ id: body.id, data: { object: { id: object.id, amount: 4200 } } });
  });

  it("what identifies a person is not declared, so it is not kept; free text is masked", () => {
    const payload = {
      email: "a@example.com",
      address: { zip: "1" },
      reason: "550 no mailbox jane@example.com",
      status: "5.1.1",
    };

    const { payload: kept } = contentOf(storedContent(event("SENDGRID", payload), SALT));

    expect(Object.keys(kept)).toEqual(["reason", "status"]);
    expect(kept.reason).not.toContain("jane@example.com");
  });

  it("a payload that holds a card number is not kept at all", () => {
    const stored = storedContent(event("SENDGRID", { reason: "paid with 4242 4242 4242 4242" }), SALT);

    expect(stored).toMatchObject({ ok: false, stub: { code: "REDACTION_CARD" } });
    expect(JSON.stringify(stored)).not.toContain("4242");
  });

  it("what was written is read back; nothing is known of what retention erased", () => {
    const confirms = {
      provider: "stripe",
      effect: "capture",
      external_transaction_id: "pi_1",
      external_reference: null,
      outcome: "confirmed",
    } as const;
    const content = contentOf(storedContent({ ...event("STRIPE", { amount_cents: 1 }), confirms }, SALT));

    expect(readContent(contentText(content))).toEqual({ payload: { amount_cents: 1 }, confirms });
    expect(readContent(null)).toEqual({ payload: {}, confirms: null });
  });
});
