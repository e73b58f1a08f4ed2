import { describe, expect, test } from "vitest";
import { Fault, isSameJson, type Json, sha256Hex } from "../../../contracts/index.ts";
import { type CallContext, ConnectionFailed } from "../../../guard/index.ts";
import { callContext, KEY, ORDER_ID } from "../testing/call-context.ts";
import { graphql, json, type Scripted, scriptedFetch } from "../testing/scripted-fetch.ts";
import { wireContact, wireOrder } from "../testing/wire-order.ts";
import { createFulfillment } from "./create-fulfillment.ts";

const INPUT = { order_id: ORDER_ID, items: [{ sku: "TEE-M", quantity: 1, unit_cents: 4500 }] };

const supplier = (status: string): Response => json(200, { data: { id: 77, external_id: KEY, status } });

const problem = (status: number, reason: string): Response => json(status, { code: status, error: { reason } });

const lost = new ConnectionFailed("reset", "maybe");

/** Order and contact are read first; the answers given are the supplier's. */
async function fulfilAnsweredBy(...answers: readonly Scripted[]) {
  const { fetch, asked } = scriptedFetch(
    graphql({ order: wireOrder() }),
    graphql({ order: wireContact() }),
    ...answers,
  );
  const outcome = await createFulfillment.handler(INPUT, callContext({ fetch }));
  return { outcome, asked: asked.slice(2).map(({ method, url }) => `${method} ${new URL(url).pathname}`) };
}

const DRAFT = "POST /v2/orders";
const FIND = `GET /v2/orders/@${KEY}`;
const CONFIRM = "POST /v2/orders/77/confirmation";
const READ = "GET /v2/orders/77";

describe("createFulfillment", () => {
  test("drafts, confirms, and leaves the supplier's number as proof", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(supplier("draft"), supplier("pending"));

    expect(asked).toEqual([DRAFT, CONFIRM]);
    expect(outcome).toMatchObject({
      kind: "applied",
      result: {
        output: { fulfillment_id: "shop_abc_ful_77", status: "pending" },
        proof: { provider: "printful", transactionId: "77" },
        entities: [
          { entityType: "fulfillment", entityId: "shop_abc_ful_77" },
          { entityType: "order", entityId: ORDER_ID, set: { status: "fulfilling" } },
        ],
      },
    });
  });

  test("nothing personal enters output or entities", async () => {
    const { outcome } = await fulfilAnsweredBy(supplier("draft"), supplier("pending"));

    expect(JSON.stringify(outcome)).not.toMatch(/Buyer|Test Street|example\.com|90001/);
  });

  test("a draft that an earlier attempt left is confirmed, not made again", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(
      problem(400, "BadRequest"),
      supplier("draft"),
      supplier("pending"),
    );

    expect(asked).toEqual([DRAFT, FIND, CONFIRM]);
    expect(outcome.kind).toBe("applied");
  });

  test("a fulfilment that is under way already is not confirmed again", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(problem(400, "BadRequest"), supplier("inprocess"));

    expect(asked).toEqual([DRAFT, FIND]);
    expect(outcome).toMatchObject({ kind: "applied", result: { output: { status: "inprocess" } } });
  });

  test("a draft whose answer was lost is found and confirmed", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(lost, supplier("draft"), supplier("pending"));

    expect(asked).toEqual([DRAFT, FIND, CONFIRM]);
    expect(outcome.kind).toBe("applied");
  });

  test("a lost answer and no draft proves nothing: the request may still be on its way", async () => {
    const { outcome } = await fulfilAnsweredBy(lost, problem(404, "NotFound"));

    expect(outcome).toMatchObject({ kind: "unknown", code: "POD_UNAVAILABLE" });
  });

  test("an answered 503 and no draft means that nothing happened", async () => {
    const { outcome } = await fulfilAnsweredBy(problem(503, "Down"), problem(404, "NotFound"));

    expect(outcome).toMatchObject({ kind: "not_applied", code: "POD_UNAVAILABLE" });
  });

  test("a refused draft is refused, with the supplier's reason", async () => {
    const { outcome } = await fulfilAnsweredBy(problem(400, "BadAddress"), problem(404, "NotFound"));

    expect(outcome).toMatchObject({ kind: "rejected", code: "POD_REJECTED", details: { reason: "BadAddress" } });
  });

  test("a confirmation whose answer was lost is read back", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(supplier("draft"), lost, supplier("pending"));

    expect(asked).toEqual([DRAFT, CONFIRM, READ]);
    expect(outcome.kind).toBe("applied");
  });

  test("a lost confirmation that left a draft may still arrive", async () => {
    const { outcome } = await fulfilAnsweredBy(supplier("draft"), lost, supplier("draft"));

    expect(outcome).toMatchObject({ kind: "unknown", code: "POD_UNAVAILABLE" });
  });

  test("an answered 503 that left a draft can be tried again", async () => {
    const { outcome } = await fulfilAnsweredBy(supplier("draft"), problem(503, "Down"), supplier("draft"));

    expect(outcome).toMatchObject({ kind: "not_applied", code: "POD_UNAVAILABLE" });
  });

  test("a rate limit is no reason to look anything up", async () => {
    const { outcome, asked } = await fulfilAnsweredBy(json(429, {}, { "retry-after": "7" }));

    expect(asked).toEqual([DRAFT]);
    expect(outcome).toMatchObject({ kind: "not_applied", code: "POD_UNAVAILABLE", retryAfterMs: 7_000 });
  });

  test("a fulfilment that was cancelled does not come back", async () => {
    const { outcome } = await fulfilAnsweredBy(problem(400, "BadRequest"), supplier("canceled"));

    expect(outcome).toMatchObject({ kind: "rejected", code: "POD_REJECTED" });
  });

  test("a sku without a variant is refused before the supplier is asked", async () => {
    const { fetch, asked } = scriptedFetch(graphql({ order: wireOrder() }), graphql({ order: wireContact() }));
    const items = [{ sku: "MUG", quantity: 1, unit_cents: 900 }];

    const outcome = await createFulfillment.handler({ order_id: ORDER_ID, items }, callContext({ fetch }));

    expect(outcome).toMatchObject({ kind: "rejected", code: "POD_REJECTED" });
    expect(asked).toHaveLength(2);
  });

  describe("with an address that came sealed", () => {
    const sealed = { $sealed: sha256Hex("an envelope") };
    const shipTo = { name: "Bo", address1: "9 Side St", address2: null, city: "Ely", province_code: null, zip: "CB7" };
    const fulfil = async (open: CallContext["open"], ...answers: readonly Scripted[]) => {
      const { fetch, asked } = scriptedFetch(graphql({ order: wireOrder() }), ...answers);
      const input = { ...INPUT, ship_to: sealed };
      return { outcome: await createFulfillment.handler(input, callContext({ fetch, open })), asked };
    };

    test("sends the goods there, without asking the shop for another", async () => {
      const open = async (value: Json) => (isSameJson(value, sealed) ? { ...shipTo, country_code: "GB" } : null);

      const { outcome, asked } = await fulfil(open, supplier("draft"), supplier("pending"));

      expect(outcome.kind).toBe("applied");
      expect(JSON.parse(asked[1]?.body ?? "")).toMatchObject({
        recipient: { name: "Bo", address1: "9 Side St", city: "Ely", country_code: "GB", zip: "CB7" },
      });
    });

    test("refuses one that is not complete", async () => {
      const { outcome, asked } = await fulfil(async () => ({ ...shipTo, country_code: null }));

      expect(outcome).toMatchObject({ kind: "rejected", code: "POD_REJECTED" });
      expect(asked).toHaveLength(1);
    });

    test.each(["ARTIFACT_ERASED", "ARTIFACT_NOT_FOUND", "SEAL_UNREADABLE"] as const)(
      "refuses with %s what nobody can open any more, before the supplier is asked",
      async (code) => {
        const { outcome, asked } = await fulfil(() => Promise.reject(new Fault(code, "gone", { retry: "never" })));

        expect(outcome).toMatchObject({ kind: "rejected", code });
        expect(asked).toHaveLength(1);
      },
    );

    test("leaves a store that cannot be reached now to another attempt", async () => {
      const unreachable = new Fault("ARTIFACT_UNAVAILABLE", "no disk", { retry: "now" });

      await expect(fulfil(() => Promise.reject(unreachable))).rejects.toBe(unreachable);
    });
  });

  test.each([
    ["found", supplier("pending")],
    ["absent", supplier("draft")],
    ["absent", problem(404, "NotFound")],
    ["unclear", problem(503, "Down")],
  ] as const)("a look-up is %s when the supplier shows so", async (kind, answer) => {
    const { fetch } = scriptedFetch(answer);

    expect(await createFulfillment.lookup?.(INPUT, callContext({ fetch }))).toMatchObject({ kind });
  });
});
