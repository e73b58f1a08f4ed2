import { describe, expect, test } from "vitest";
import { ConnectionFailed } from "../../../guard/index.ts";
import { callContext, ORDER_GID } from "../testing/call-context.ts";
import { graphql, json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import { wireOrder } from "../testing/wire-order.ts";
import type { FailureClass } from "./answer.ts";
import { addTags, cancelShopOrder, fetchShopOrder } from "./shopify.ts";

const tagged = graphql({ tagsAdd: { node: { id: ORDER_GID }, userErrors: [] } });

const errors = (code: string, extensions: object = {}): Response =>
  json(200, { errors: [{ message: "a text", extensions: { code } }], extensions });

describe("Shopify", () => {
  test("an order keeps its 64-bit id, and its amounts become minor units", async () => {
    const { fetch, asked } = scriptedFetch(graphql({ order: wireOrder() }));

    const answer = await fetchShopOrder(callContext({ fetch }), ORDER_GID);

    expect(answer).toMatchObject({
      ok: true,
      value: { gid: ORDER_GID, totalMinor: 4500, capturedMinor: 4500, refundedMinor: 0, paymentIntent: "pi_1" },
    });
    expect(asked[0]?.headers.get("x-shopify-access-token")).toBe("shpat_test");
    expect(JSON.parse(asked[0]?.body ?? "").variables).toEqual({ id: ORDER_GID });
  });

  test("the query for decisions asks for nothing that names a person", async () => {
    const { fetch, asked } = scriptedFetch(graphql({ order: wireOrder() }));

    await fetchShopOrder(callContext({ fetch }), ORDER_GID);

    expect(asked[0]?.body).not.toMatch(/email|address1|\bzip\b|lastName|phone/);
  });

  const ROWS: readonly { readonly of: string; readonly by: () => Scripted; readonly is: FailureClass }[] = [
    { of: "401", by: () => json(401, { errors: "Invalid API key" }), is: "auth" },
    { of: "402, a frozen shop", by: () => json(402, {}), is: "business" },
    { of: "404", by: () => json(404, {}), is: "not_found" },
    { of: "423, a locked shop", by: () => json(423, {}), is: "business" },
    { of: "429", by: () => json(429, {}), is: "rate_limited" },
    { of: "430", by: () => json(430, {}), is: "rate_limited" },
    { of: "502", by: () => new Response("bad gateway", { status: 502 }), is: "unknown_outcome" },
    { of: "200 THROTTLED", by: () => errors("THROTTLED"), is: "rate_limited" },
    { of: "200 ACCESS_DENIED", by: () => errors("ACCESS_DENIED"), is: "auth" },
    { of: "200 MAX_COST_EXCEEDED", by: () => errors("MAX_COST_EXCEEDED"), is: "validation" },
    { of: "200 SHOP_INACTIVE", by: () => errors("SHOP_INACTIVE"), is: "business" },
    { of: "200 INTERNAL_SERVER_ERROR", by: () => errors("INTERNAL_SERVER_ERROR"), is: "unknown_outcome" },
    { of: "200 that is no JSON", by: () => new Response("<html>"), is: "contract" },
    { of: "200 without the payload", by: () => graphql({}), is: "contract" },
    {
      of: "a user error",
      by: () => graphql({ tagsAdd: { node: null, userErrors: [{ message: "no" }] } }),
      is: "business",
    },
    { of: "no connection", by: () => new ConnectionFailed("refused", "no"), is: "transient" },
    { of: "a lost connection", by: () => new ConnectionFailed("reset", "maybe"), is: "unknown_outcome" },
  ];

  test.each(ROWS)("a mutation answered by $of is $is, after one request", async ({ by, is }) => {
    const { fetch, asked } = scriptedFetch(by());

    const answer = await addTags(callContext({ fetch }), ORDER_GID, ["t"]);

    expect(answer).toMatchObject({ ok: false, failure: { class: is } });
    expect(asked).toHaveLength(1);
  });

  test("a throttled query waits until the bucket can pay for it", async () => {
    const cost = { requestedQueryCost: 60, throttleStatus: { currentlyAvailable: 10, restoreRate: 100 } };
    const { fetch } = scriptedFetch(errors("THROTTLED", { cost }));

    const answer = await fetchShopOrder(callContext({ fetch }), ORDER_GID);

    expect(answer).toMatchObject({ ok: false, failure: { class: "rate_limited", retryAfterMs: 500 } });
  });

  test("`Retry-After` is read as seconds", async () => {
    const { fetch } = scriptedFetch(json(429, {}, { "retry-after": "2" }));

    const answer = await addTags(callContext({ fetch }), ORDER_GID, ["t"]);

    expect(answer).toMatchObject({ ok: false, failure: { retryAfterMs: 2_000 } });
  });

  test("an answer of another API version is not trusted", async () => {
    const other = json(200, { data: { order: wireOrder() } }, { "x-shopify-api-version": "2026-04" });
    const { fetch } = scriptedFetch(other);

    const answer = await fetchShopOrder(callContext({ fetch }), ORDER_GID);

    expect(answer).toMatchObject({ ok: false, failure: { class: "contract" } });
  });

  test("an order that is not there is not found", async () => {
    const { fetch } = scriptedFetch(graphql({ order: null }));

    const answer = await fetchShopOrder(callContext({ fetch }), ORDER_GID);

    expect(answer).toMatchObject({ ok: false, failure: { class: "not_found" } });
  });

  test("a cancellation that the shop refuses names the shop's code", async () => {
    const refusal = { job: null, orderCancelUserErrors: [{ message: "no", code: "INVALID" }] };
    const { fetch } = scriptedFetch(graphql({ orderCancel: refusal }));

    const answer = await cancelShopOrder(callContext({ fetch }), ORDER_GID, "CUSTOMER");

    expect(answer).toMatchObject({ ok: false, failure: { class: "business", reason: "INVALID" } });
  });

  test("P1-H04 outside live mode only this machine and listed development stores are reached", async () => {
    const origins = { shopify: "https://some-shop.myshopify.com" };
    const refused = scriptedFetch();
    const allowed = scriptedFetch(tagged);

    const foreign = await addTags(callContext({ fetch: refused.fetch, origins }), ORDER_GID, ["t"]);
    const listed = await addTags(
      callContext({
        fetch: allowed.fetch,
        origins,
        settings: { shopify: { development_stores: "other.myshopify.com, some-shop.myshopify.com" } },
      }),
      ORDER_GID,
      ["t"],
    );

    expect(foreign).toMatchObject({ ok: false, failure: { class: "forbidden", refusedWith: "NETWORK_DENIED" } });
    expect(refused.asked).toHaveLength(0);
    expect(listed.ok).toBe(true);
  });
});
