import { describe, expect, test } from "vitest";
import { ConnectionFailed } from "../../../guard/index.ts";
import { callContext, KEY } from "../testing/call-context.ts";
import { json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import type { FailureClass } from "./answer.ts";
import { printfulClient } from "./printful.ts";

const ORDER = { id: 77, external_id: KEY, status: "pending" };

const problem = (reason: string) => ({ code: 400, result: "text", error: { reason, message: "a text" } });

describe("Printful", () => {
  test("a draft carries our reference, the recipient and the variants", async () => {
    const { fetch, asked } = scriptedFetch(json(200, { data: { ...ORDER, status: "draft" } }));
    const address = {
      line1: "1 Test Street",
      line2: null,
      city: "Testville",
      state: "CA",
      postalCode: "90001",
      country: "US",
    };

    const answer = await printfulClient(callContext({ fetch })).createDraft({
      externalId: KEY,
      recipient: { name: "Test Buyer", address },
      items: [{ sku: "TEE-M", variantId: 4012, quantity: 2 }],
    });

    expect(answer).toMatchObject({ ok: true, value: { id: 77, status: "draft" } });
    expect(asked[0]?.url).toBe("http://127.0.0.1:1/v2/orders");
    expect(JSON.parse(asked[0]?.body ?? "")).toMatchObject({
      external_id: KEY,
      recipient: { address1: "1 Test Street", country_code: "US", state_code: "CA", zip: "90001" },
      order_items: [{ source: "sync", sync_variant_id: 4012, quantity: 2 }],
    });
  });

  test("an order is found by our own reference", async () => {
    const { fetch, asked } = scriptedFetch(json(200, { data: ORDER }));

    const answer = await printfulClient(callContext({ fetch })).orderByExternalId(KEY);

    expect(answer).toMatchObject({ ok: true, value: ORDER });
    expect(asked[0]?.url).toBe(`http://127.0.0.1:1/v2/orders/@${KEY}`);
  });

  test("cancelling uses version 1, the only one that cancels", async () => {
    const { fetch, asked } = scriptedFetch(json(200, { code: 200, result: { id: 77, status: "canceled" } }));

    const answer = await printfulClient(callContext({ fetch })).cancel(77);

    expect(answer.ok).toBe(true);
    expect(asked[0]).toMatchObject({ method: "DELETE", url: "http://127.0.0.1:1/orders/77" });
  });

  const ROWS: readonly { readonly of: string; readonly by: () => Scripted; readonly is: FailureClass }[] = [
    { of: "400", by: () => json(400, problem("BadRequest")), is: "validation" },
    { of: "401", by: () => json(401, problem("Unauthorized")), is: "auth" },
    { of: "403", by: () => json(403, problem("Forbidden")), is: "auth" },
    { of: "404", by: () => json(404, problem("NotFound")), is: "not_found" },
    { of: "409", by: () => json(409, problem("Conflict")), is: "business" },
    { of: "429", by: () => json(429, problem("TooManyRequests")), is: "rate_limited" },
    { of: "500", by: () => json(500, problem("Internal")), is: "unknown_outcome" },
    { of: "a 200 of another shape", by: () => json(200, { data: { id: "77" } }), is: "contract" },
    { of: "a 200 that is no JSON", by: () => new Response("{", { status: 200 }), is: "contract" },
    { of: "no connection", by: () => new ConnectionFailed("refused", "no"), is: "transient" },
    { of: "a lost connection", by: () => new ConnectionFailed("reset", "maybe"), is: "unknown_outcome" },
  ];

  test.each(ROWS)("a confirmation answered by $of is $is", async ({ by, is }) => {
    const { fetch } = scriptedFetch(by());

    const answer = await printfulClient(callContext({ fetch })).confirm(77);

    expect(answer).toMatchObject({ ok: false, failure: { class: is } });
  });

  test("P1-H03 outside live mode the live host is never reached", async () => {
    const { fetch, asked } = scriptedFetch();
    const context = callContext({ fetch, origins: { printful: "https://api.printful.com" } });

    const answer = await printfulClient(context).confirm(77);

    expect(answer).toMatchObject({ ok: false, failure: { class: "forbidden", refusedWith: "NETWORK_DENIED" } });
    expect(asked).toHaveLength(0);
  });
});
