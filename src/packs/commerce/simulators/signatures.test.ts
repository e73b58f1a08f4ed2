import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { instant } from "../../../contracts/index.ts";
import { emptyPrintful } from "./printful/store.ts";
import { printfulSigner } from "./printful/webhook-configuration.ts";
import { eventKeys, publicKeyText, sendGridSigner } from "./sendgrid/keys.ts";
import { shopifySigner } from "./shopify/webhooks.ts";
import { stripeSigner } from "./stripe/signature.ts";

/** The vectors of `integrations.md` section 4: our simulators sign what our verifiers have to accept. */
const AT = instant(1_700_000_000_000);

test("4.1 ST1, ST6, ST12: Stripe signatures, with both secrets during a rotation", () => {
  const body = '{"id":"evt_test_1","object":"event","type":"payment_intent.succeeded","livemode":false}';
  const current = "90c1d5187e0173e502f6d02ee3f2e611160b6b6ab6aafb3238a68570b68b6c28";
  const previous = "529de7bc761dfcce59660a77ca245ee116b0d35f0baf946071d990b1b1b8e398";
  const multiByte = "ce2bea86ee2ccf3203c5a91d93a83fd86144885670d6788117988466f0457eaa";
  const sign = stripeSigner({
    secretKey: "sk_test_vector",
    webhookSecret: "whsec_vector_current",
    previousWebhookSecret: "whsec_vector_previous",
  });
  const header = (text: string, secret: "current" | "both") => sign({ topic: "", body: text, at: AT, secret });

  expect(header(body, "current")).toEqual({ "stripe-signature": `t=1700000000,v1=${current}` });
  expect(header(body, "both")).toEqual({ "stripe-signature": `t=1700000000,v1=${previous},v1=${current}` });
  expect(header('{"note":"café ☕ 😀"}', "current")).toEqual({ "stripe-signature": `t=1700000000,v1=${multiByte}` });
});

test("4.2 SH1, SH2: Shopify signatures with the new and the old secret", () => {
  const body = '{"id":820982911946154508,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508","test":true}';
  const sign = shopifySigner({
    shopDomain: "vector.myshopify.com",
    accessToken: "shpat_test_vector",
    clientId: "vector",
    clientSecret: "shopify_vector_client_secret",
    previousClientSecret: "shopify_vector_old_secret",
  });
  const value = (secret: "current" | "previous") => sign({ topic: "", body, at: AT, secret })["x-shopify-hmac-sha256"];

  expect(value("current")).toBe("ivj04hRzErMugGMX/jgu2AqyhCrXpKqp8pTe4XHUPbw=");
  expect(value("previous")).toBe("77+FWcrYS4rJxPGWlhngX0LmiAbbMdS4EbVk1NWYfUc=");
});

test("4.3 PF1: Printful's signature is keyed with the hex-decoded secret", () => {
  const body =
    '{"type":"shipment_sent","occurred_at":"2026-01-02T03:04:05Z","retries":0,"store_id":1,"data":{"shipment":{"id":7,"order_id":11,"tracking_url":"https://example.test/t/1"}}}';
  const secretKey = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  const keys = { token: "pf_sim_vector", storeId: 1, webhook: { publicKey: "cGs=", secretKey } };
  const sign = printfulSigner(emptyPrintful(keys));

  expect(sign({ topic: "", body, at: AT, secret: "current" })).toEqual({
    "x-pf-webhook-signature": "7c5e3471d89044886909d8fa317db8a527213ef94b729719e7f2dc11dfa6ec6c",
    "x-pf-webhook-public-key": "cGs=",
  });
});

test("4.4 SG1, SG3, SG5: SendGrid's signature covers the timestamp and verifies under its own key alone", () => {
  const body = '[{"event":"delivered"}]\r\n';
  let drawn = 0;
  const bytes = (length: number) => {
    drawn += 1;
    return new Uint8Array(length).fill(drawn);
  };
  const keys = eventKeys({ apiKey: "SG.test" }, { next: () => 0.5, bytes });
  const signed = sendGridSigner(keys)({ topic: "", body, at: AT, secret: "current" });
  const signature = Buffer.from(signed["x-twilio-email-event-webhook-signature"] ?? "", "base64");
  const verifies = (timestamp: string, key = keys.current) =>
    verify(
      "sha256",
      Buffer.from(timestamp + body),
      createPublicKey({ key: Buffer.from(publicKeyText(key), "base64"), format: "der", type: "spki" }),
      signature,
    );

  expect(signed["x-twilio-email-event-webhook-timestamp"]).toBe("1700000000");
  expect(verifies("1700000000")).toBe(true);
  expect(verifies("1700000001")).toBe(false);
  expect(verifies("1700000000", keys.wrong)).toBe(false);
});
