import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { after, type Json } from "../../src/contracts/index.ts";
import { inTenant } from "../../src/store/index.ts";
import {
  audited,
  deliver,
  entity,
  inbound,
  OTHER,
  orderBody,
  paymentEvent,
  printfulEvent,
  rowsOf,
  SHOP,
  sendPrintful,
  sendShopify,
  sendStripe,
  setCredential,
  shopifySecret,
  stripeSecret,
  useShop,
} from "./ingress-shop.ts";

const shop = useShop();

const countAudited = async (type: string, tenant = SHOP): Promise<number> =>
  (await audited(shop, tenant)).filter((entry) => entry.type === type).length;

const countRows = async (table: string): Promise<number> => (await rowsOf(shop, SHOP, table, "tenant_id")).length;

describe("signatures", () => {
  it("P1-H10 what each provider signed is stored as verified", async () => {
    const stripe = await sendStripe(shop, paymentEvent("evt_h10", "payment_intent.created", "pi_h10"));
    const shopify = await sendShopify(shop, "orders/create", "wh-h10", orderBody("10"));
    const printful = await sendPrintful(shop, printfulEvent("order_created", 10));

    expect([stripe.status, shopify.status, printful.status]).toEqual(["accepted", "accepted", "accepted"]);
    const rows = await rowsOf(shop, SHOP, "inbound_event", "source, signature_valid, processing_status");
    expect(rows).toEqual([
      { source: "PRINTFUL", signature_valid: true, processing_status: "APPLIED" },
      { source: "SHOPIFY", signature_valid: true, processing_status: "APPLIED" },
      { source: "STRIPE", signature_valid: true, processing_status: "APPLIED" },
    ]);
  });

  it("P1-H10 wrong, missing and stale signatures are refused and audited, and nothing is stored", async () => {
    const stored = await countRows("inbound_event");
    const refusals = await countAudited("webhook.refused");
    const event = paymentEvent("evt_h10_bad", "payment_intent.created", "pi_h10_bad");

    const answers = [
      await sendStripe(shop, event, { secret: "whsec_forged" }),
      await sendStripe(shop, event, { at: after(shop.host.clock.now(), -301_000) }),
      await deliver(shop, SHOP, "stripe", JSON.stringify(event), {}),
      await sendShopify(shop, "orders/create", "wh-bad", orderBody("11"), { secret: "forged" }),
      await sendPrintful(shop, printfulEvent("order_created", 11), { secret: "00ff" }),
    ];

    expect(answers.map((answer) => (answer.status === "refused" ? answer.refusal.code : answer.status))).toEqual([
      "SIGNATURE_INVALID",
      "SIGNATURE_STALE",
      "SIGNATURE_MISSING",
      "SIGNATURE_INVALID",
      "SIGNATURE_INVALID",
    ]);
    expect(await countRows("inbound_event")).toBe(stored);
    expect(await countAudited("webhook.refused")).toBe(refusals + 5);
  });

  it("a provider without a configured secret is refused, whatever it signs with", async () => {
    const answer = await deliver(shop, SHOP, "sendgrid", "[]", {
      "x-twilio-email-event-webhook-signature": Buffer.alloc(70, 1).toString("base64"),
      "x-twilio-email-event-webhook-timestamp": "1767225600",
    });

    expect(answer).toMatchObject({ status: "refused", refusal: { code: "SIGNATURE_INVALID" } });
  });

  it("both secrets are taken while a rotation overlaps, and the old one is noticed", async () => {
    const event = (id: string) => paymentEvent(id, "payment_intent.created", "pi_rotated");
    await setCredential(shop, SHOP, "stripe", { webhook_secret: "whsec_rotated" });

    const fresh = await sendStripe(shop, event("evt_rot_1"), { secret: "whsec_rotated" });
    const old = await sendStripe(shop, event("evt_rot_2"), { secret: stripeSecret(SHOP) });

    expect([fresh.status, old.status]).toEqual(["accepted", "accepted"]);
    expect(await countAudited("webhook.previous_secret")).toBe(1);
  });

  it("an unknown token, a provider that sends no events and a body over 1 MiB are refused", async () => {
    const unknown = await deliver(shop, "nobody", "stripe", "{}", {});
    const other = await deliver(shop, SHOP, "slack", "{}", {});
    const large = await deliver(shop, SHOP, "stripe", "x".repeat(1_048_577), {});

    expect(unknown).toMatchObject({ refusal: { code: "ENDPOINT_NOT_FOUND" } });
    expect(other).toMatchObject({ refusal: { code: "ENDPOINT_NOT_FOUND" } });
    expect(large).toMatchObject({ refusal: { code: "BODY_TOO_LARGE" } });
  });

  it("a signed body that is no JSON is refused and audited, and not stored", async () => {
    const stored = await countRows("inbound_event");
    const mac = createHmac("sha256", shopifySecret(SHOP)).update("{no").digest("base64");

    const answer = await deliver(shop, SHOP, "shopify", "{no", { "x-shopify-hmac-sha256": mac });

    expect(answer).toMatchObject({ status: "refused", refusal: { code: "SCHEMA_PARSE_ERROR" } });
    expect(await countRows("inbound_event")).toBe(stored);
  });
});

describe("what is kept", () => {
  it("nothing of a person is stored: no e-mail address, name, street or telephone number", async () => {
    await sendShopify(shop, "orders/create", "wh-private", orderBody("12"));

    const [row] = await inbound(shop, "wh-private");
    const stored = `${row?.payload_json}${JSON.stringify(await entity(shop, `${SHOP}_ord_12`))}`;
    for (const personal of ["jane", "Jane", "Doe", "Long Street", "Utrecht", "3511", "31201234567"]) {
      expect(stored).not.toContain(personal);
    }
    expect(stored).toContain("TSHIRT-M");
  });

  it("a live event that reaches a sandbox is stored as rejected and touches nothing", async () => {
    const before = [await countRows("run"), await countRows("entity")];

    const answer = await sendShopify(shop, "orders/paid", "wh-live", orderBody("13", { test: false }));

    expect(answer).toMatchObject({
      status: "accepted",
      events: [{ processing_status: "REJECTED", status_reason: "EVENT_QUARANTINED", run_id: null }],
    });
    expect([await countRows("run"), await countRows("entity")]).toEqual(before);
    expect(await countAudited("webhook.quarantined")).toBe(1);
  });

  it("an event of a type that is not used is stored as rejected with its reason", async () => {
    const answer = await sendShopify(shop, "products/create", "wh-odd", { id: 1 });

    expect(answer).toMatchObject({ events: [{ processing_status: "REJECTED", status_reason: "EVENT_NOT_USED" }] });
  });

  it("RT-702 another body under a known id is written down and not applied", async () => {
    await sendShopify(shop, "orders/create", "wh-twice", orderBody("14"));

    const answer = await sendShopify(shop, "orders/create", "wh-twice", orderBody("14", { total_price: "1.00" }));

    expect(answer).toMatchObject({
      status: "duplicate",
      events: [{ processing_status: "APPLIED", status_reason: "EVENT_PAYLOAD_MISMATCH" }],
    });
    expect(await countAudited("webhook.payload_mismatch")).toBe(1);
    expect(await entity(shop, `${SHOP}_ord_14`)).toMatchObject({
      version: 1,
      state: { reported: { total_cents: 4200 } },
    });
  });
});

describe("duplicates", () => {
  it("P1-T36 RT-702 a repeated delivery is answered with the stored outcome", async () => {
    await sendShopify(shop, "orders/create", "wh-t36-a", orderBody("20"));
    const first = await sendShopify(shop, "orders/paid", "wh-t36", orderBody("20"));

    const second = await sendShopify(shop, "orders/paid", "wh-t36", orderBody("20"));

    expect(first).toMatchObject({ status: "accepted", events: [{ processing_status: "APPLIED" }] });
    expect(second).toEqual({ ...first, status: "duplicate" });
    expect(await inbound(shop, "wh-t36")).toMatchObject([{ duplicates: 1, processing_status: "APPLIED" }]);
  });

  it("P1-T36 of 20 simultaneous deliveries one is stored and one run starts", async () => {
    await sendShopify(shop, "orders/create", "wh-20-a", orderBody("21"));
    const runs = await countRows("run");

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => sendShopify(shop, "orders/paid", "wh-20", orderBody("21"))),
    );

    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual(["accepted", ...Array<string>(19).fill("duplicate")]);
    const outcomes = answers.map((answer) => (answer.status === "refused" ? null : JSON.stringify(answer.events)));
    expect(new Set(outcomes).size).toBe(1);
    expect(await inbound(shop, "wh-20")).toMatchObject([{ duplicates: 19, processing_status: "APPLIED" }]);
    expect(await countRows("run")).toBe(runs + 1);
  });

  it("RT-703 an event that could not be stored was never seen: the next delivery is taken as the first", async () => {
    const { owner } = shop.database;
    await owner`
      create function public.no_run() returns trigger language plpgsql as
      $$ begin raise exception 'not now' using errcode = 'cannot_connect_now'; end $$`;
    await sendShopify(shop, "orders/create", "wh-rt703-a", orderBody("22"));
    const send = () => sendShopify(shop, "orders/paid", "wh-rt703", orderBody("22"));

    await owner`create trigger no_run before insert on countermark.run for each row execute function public.no_run()`;
    await expect(send()).rejects.toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    await owner`drop trigger no_run on countermark.run`;

    expect(await inbound(shop, "wh-rt703")).toEqual([]);
    expect(await send()).toMatchObject({ status: "accepted", events: [{ processing_status: "APPLIED" }] });
    expect(await send()).toMatchObject({ status: "duplicate" });
  });

  it("P1-T-RK02c the same event twice is applied once", async () => {
    const event = paymentEvent("evt_rk02c", "payment_intent.created", "pi_rk02c");

    await sendStripe(shop, event, { secret: "whsec_rotated" });
    await sendStripe(shop, event, { secret: "whsec_rotated" });

    expect(await entity(shop, `${SHOP}_pay_pi_rk02c`)).toMatchObject({ version: 1 });
    expect(await inbound(shop, "evt_rk02c")).toMatchObject([{ duplicates: 1, processing_status: "APPLIED" }]);
  });
});

describe("batches", () => {
  it("each event of a batch is stored once; a batch with anything new is not a duplicate", async () => {
    const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const webhook_public_key = keys.publicKey.export({ type: "spki", format: "der" }).toString("base64");
    await setCredential(shop, SHOP, "sendgrid", { webhook_public_key });
    const send = (events: Json) => {
      const body = JSON.stringify(events);
      const timestamp = String(Math.floor(shop.host.clock.now() / 1000));
      return deliver(shop, SHOP, "sendgrid", body, {
        "x-twilio-email-event-webhook-timestamp": timestamp,
        "x-twilio-email-event-webhook-signature": sign(
          "sha256",
          Buffer.from(timestamp + body),
          keys.privateKey,
        ).toString("base64"),
      });
    };
    const mail = (id: string) => ({
      sg_event_id: id,
      sg_message_id: "msg-1.recvd-2",
      event: "delivered",
      email: "jane.doe@example.com",
      timestamp: 1_767_225_600,
    });

    const first = await send([mail("sg-1"), mail("sg-2")]);
    const grown = await send([mail("sg-2"), mail("sg-3")]);
    const again = await send([mail("sg-3")]);
    const empty = await send([]);

    expect([first.status, grown.status, again.status, empty.status]).toEqual([
      "accepted",
      "accepted",
      "duplicate",
      "accepted",
    ]);
    expect(await inbound(shop, "sg-2")).toMatchObject([{ duplicates: 1, processing_status: "APPLIED" }]);
    expect((await inbound(shop, "sg-1"))[0]?.payload_json).not.toContain("jane");
  });
});

describe("the ordering queue", () => {
  it("a full queue refuses what would have to wait, and nothing else", async () => {
    await sendShopify(shop, "orders/paid", "wh-full-known", orderBody("40"), { tenant: OTHER });
    await inTenant(
      shop.database,
      OTHER,
      (sql) => sql`
        insert into inbound_event (tenant_id, event_id, source, source_event_id, event_type, type, entity_type, entity_id,
               received_at, seq, signature_valid, payload_sha256, processing_status, held_since)
        select require_tenant_context(), 'held-' || n, 'SHOPIFY', 'held-' || n, '', 'order.paid', 'order',
               require_tenant_context() || '_ord_held' || n, clock(), 1, true, 'x', 'HELD_ORDERING', clock()
          from generate_series(1, 4999) as n`,
    );

    const refused = await sendShopify(shop, "orders/paid", "wh-full", orderBody("41"), { tenant: OTHER });
    const known = await sendShopify(shop, "orders/paid", "wh-full-known", orderBody("40"), { tenant: OTHER });
    const predecessor = await sendShopify(shop, "orders/create", "wh-full-c", orderBody("40"), { tenant: OTHER });

    expect(refused).toMatchObject({
      status: "refused",
      refusal: { code: "ORDERING_QUEUE_FULL", details: { retry_after_seconds: 60 } },
    });
    expect(await inbound(shop, "wh-full", OTHER)).toEqual([]);
    expect(known.status).toBe("duplicate");
    expect(predecessor).toMatchObject({ status: "accepted", events: [{ processing_status: "APPLIED" }] });
    expect(await inbound(shop, "wh-full-known", OTHER)).toMatchObject([{ processing_status: "APPLIED" }]);
  });
});

describe("tenants", () => {
  it("P1-T-RK06a a forged tenant header chooses nothing and is audited", async () => {
    const answer = await sendShopify(shop, "orders/create", "wh-rk06a", orderBody("30"), {
      headers: { "x-tenant-id": OTHER },
    });

    expect(answer.status).toBe("accepted");
    expect(await inbound(shop, "wh-rk06a", SHOP)).toHaveLength(1);
    expect(await inbound(shop, "wh-rk06a", OTHER)).toHaveLength(0);
    expect(await countAudited("webhook.tenant_header_ignored")).toBe(1);
    expect(await audited(shop, OTHER)).toEqual([]);
  });

  it("one tenant's secret and event ids mean nothing at another's endpoint", async () => {
    await sendShopify(shop, "orders/create", "wh-shared", orderBody("31"));

    const stolen = { tenant: OTHER, secret: shopifySecret(SHOP) };
    const forged = await sendShopify(shop, "orders/create", "wh-shared", orderBody("31"), stolen);
    const own = await sendShopify(shop, "orders/create", "wh-shared", orderBody("31"), { tenant: OTHER });

    expect(forged).toMatchObject({ refusal: { code: "SIGNATURE_INVALID" } });
    expect(own.status).toBe("accepted");
    const known = (await rowsOf<{ entity_id: string }>(shop, OTHER, "entity", "entity_id")).map(
      ({ entity_id }) => entity_id,
    );
    expect(known).toContain(`${OTHER}_ord_31`);
    expect(known.every((id) => id.startsWith(`${OTHER}_`))).toBe(true);
  });
});
