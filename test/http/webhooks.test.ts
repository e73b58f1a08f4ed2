import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { addEndpoint, setCredential } from "../../src/api/index.ts";
import { read } from "./answer.ts";
import { SHOP, useBench } from "./bench.ts";

const bench = useBench();
const SECRET = "whsec_test_of_the_till";

/** A webhook address of the shop at Stripe, and how Stripe would sign for it. */
async function stripeEndpoint() {
  const { installation, app } = bench();
  await setCredential(installation, {
    tenantId: SHOP,
    service: "stripe",
    origin: "http://127.0.0.1:1",
    secret: "sk_test_till",
    settings: { webhook_secret: SECRET },
    by: "test",
  });
  const { path } = await addEndpoint(installation, { tenantId: SHOP, provider: "stripe", by: "test" });
  const deliver = async (body: string, signed = body) => {
    const seconds = Math.floor(installation.host.clock.now() / 1000);
    const mac = createHmac("sha256", SECRET).update(`${seconds}.${signed}`).digest("hex");
    return read(
      await app.request(path, { method: "POST", body, headers: { "stripe-signature": `t=${seconds},v1=${mac}` } }),
    );
  };
  return { path, deliver };
}

const EVENT = JSON.stringify({
  id: "evt_test_1",
  object: "event",
  type: "payment_intent.succeeded",
  created: 1_767_225_600,
  livemode: false,
  data: {
    object: {
      id: "pi_test_1",
      object: "payment_intent",
      status: "succeeded",
      amount: 100,
      currency: "usd",
      metadata: {},
    },
  },
});

test("a signed delivery is taken once, and a repeated one is known as such", async () => {
  const { deliver } = await stripeEndpoint();

  const first = await deliver(EVENT);
  const second = await deliver(EVENT);

  expect(first).toMatchObject({ status: 200, body: { status: "accepted" } });
  expect(second).toMatchObject({ status: 200, body: { status: "duplicate" } });
});

test("a delivery whose bytes were changed after signing is refused", async () => {
  const { deliver } = await stripeEndpoint();

  const forged = await deliver(EVENT.replace('"amount":100', '"amount":900'), EVENT);

  expect(forged).toMatchObject({ status: 401, body: { code: "SIGNATURE_INVALID" } });
});

test("an address that nobody opened is not found, and a large body is not read", async () => {
  const { path } = await stripeEndpoint();
  const { app } = bench();

  const nowhere = await read(await app.request("/webhooks/stripe/none", { method: "POST", body: EVENT }));
  const large = await read(await app.request(path, { method: "POST", body: "x".repeat(1_048_577) }));

  expect(nowhere).toMatchObject({ status: 404, body: { code: "ENDPOINT_NOT_FOUND" } });
  expect(large).toMatchObject({ status: 413, body: { code: "BODY_TOO_LARGE" } });
});
