import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../contracts/index.ts";
import { readSendgrid } from "./sendgrid.ts";

/** The event of vector SG1 in integrations.md section 4.4. */
const delivered: JsonObject = {
  email: "a@example.com",
  timestamp: 1_700_000_000,
  event: "delivered",
  sg_event_id: "ZGVsaXZlcmVkLTA",
  sg_message_id: "m1.filter0001",
};

const read = (body: Json) => readSendgrid({ tenant: "test_shop", account: null, headers: {}, body });

test("each event of a batch is an event of its own, in the order sent", () => {
  const batch = read([delivered, { ...delivered, event: "open", sg_event_id: "b" }, { event: "delivered" }]);

  expect(batch).toMatchObject([
    { kind: "event", source_event_id: "ZGVsaXZlcmVkLTA", type: "email.delivered" },
    { kind: "event", source_event_id: "b", type: "email.opened" },
    { kind: "unusable", source_event_id: expect.stringMatching(/^body-/) },
  ]);
});

test("an empty batch holds no event", () => {
  expect(read([])).toEqual([]);
});

test("a delivered message confirms the sending, found by the id that SendGrid gave when it accepted", () => {
  expect(read([{ ...delivered, notification_id: "note-1" }])).toMatchObject([
    {
      entity_type: "message",
      entity_id: "test_shop_msg_m1",
      occurred_at: 1_700_000_000_000,
      livemode: null,
      confirms: {
        provider: "sendgrid",
        effect: "send",
        external_transaction_id: "m1",
        external_reference: "note-1",
        outcome: "confirmed",
      },
    },
  ]);
});

test.each(["14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "14c5d75ce93.dfd.64b469.recvd-7d4f-1-65.0"])(
  "the message of %s is the accepted one",
  (sg_message_id) => {
    expect(read([{ ...delivered, sg_message_id }])).toMatchObject([
      { entity_id: "test_shop_msg_14c5d75ce93.dfd.64b469" },
    ]);
  },
);

test.each([
  ["bounce", "email.bounced"],
  ["dropped", "email.dropped"],
])("a message that met %s contradicts the sending and says why", (event, type) => {
  expect(read([{ ...delivered, event, reason: "mailbox full", status: "5.2.2" }])).toMatchObject([
    { type, payload: { reason: "mailbox full", status: "5.2.2" }, confirms: { outcome: "contradicted" } },
  ]);
});

test.each(["processed", "deferred", "open", "click", "spamreport", "unsubscribe"])("%s settles nothing", (event) => {
  const [normalised] = read([{ ...delivered, event }]);

  expect(normalised?.kind).toBe("event");
  expect(normalised).not.toHaveProperty("confirms");
});

test.each([
  ["a type that is not used", { ...delivered, event: "group_resubscribe" }],
  ["a time that is none", { ...delivered, timestamp: "now" }],
  ["no message", { ...delivered, sg_message_id: "" }],
])("%s is unusable, with its id kept", (_name, body) => {
  expect(read([body])).toMatchObject([
    {
      kind: "unusable",
      source_event_id: "ZGVsaXZlcmVkLTA",
      refusal: { code: expect.stringMatching(/^EVENT_(UNUSABLE|NOT_USED)$/) },
    },
  ]);
});

test("a body that is no batch is one unusable event", () => {
  expect(read("text")).toMatchObject([{ kind: "unusable", source_event_id: expect.stringMatching(/^body-/) }]);
});
