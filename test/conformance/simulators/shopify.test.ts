import { expect, test } from "vitest";
import { ADDRESS, type Bench, PLACEMENT, PLACEMENT_TOTAL, shopifyClient, useBench } from "./bench.ts";

const bench = useBench();

const ORDER = `#graphql
  query Order($id: ID!) {
    order(id: $id) {
      id name legacyResourceId test email note tags updatedAt cancelledAt cancelReason
      displayFinancialStatus displayFulfillmentStatus
      currentTotalPriceSet { shopMoney { amount currencyCode } }
      customAttributes { key value }
      transactions(first: 20) { id kind status test gateway authorizationCode amountSet { shopMoney { amount currencyCode } } }
      refunds(first: 10) { id totalRefundedSet { shopMoney { amount } } }
      lineItems(first: 10) { nodes { sku quantity originalUnitPriceSet { shopMoney { amount } } } }
      shippingAddress { ...Where }
      fulfillmentOrders(first: 20) { nodes { id status requestStatus } }
    }
  }
  fragment Where on MailingAddress { address1 city provinceCode countryCodeV2 zip }`;

const CANCEL = `mutation Cancel($id: ID!, $reason: OrderCancelReason!) {
  orderCancel(orderId: $id, reason: $reason, restock: true, refundMethod: { originalPaymentMethodsRefund: true }) {
    job { id done } orderCancelUserErrors { field message code }
  }
}`;

const REFUND = `mutation Refund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id totalRefundedSet { shopMoney { amount } } } userErrors { field message code } }
}`;

const ask = async (on: Bench, query: string, variables: Record<string, unknown>, options = {}) => {
  const { data, errors, extensions } = await shopifyClient(on, options).request(query, { variables });
  return { data, errors, extensions };
};

const readOrder = async (id: string) => (await ask(bench(), ORDER, { id })).data.order;

const refundInput = async (orderId: string, amount: string) => {
  const order = await readOrder(orderId);
  return {
    orderId,
    note: "test",
    transactions: [{ orderId, parentId: order.transactions[0].id, kind: "REFUND", gateway: "stripe", amount }],
  };
};

test("a paid order is read with its money as decimal text and its payment's reference", async () => {
  const placed = bench().sims.placePaidOrder(PLACEMENT);

  const order = await readOrder(placed.orderId);

  expect(placed.totalMinor).toBe(PLACEMENT_TOTAL);
  expect(order).toMatchObject({
    id: placed.orderId,
    name: "#1001",
    test: true,
    displayFinancialStatus: "PAID",
    displayFulfillmentStatus: "UNFULFILLED",
    currentTotalPriceSet: { shopMoney: { amount: "58.63", currencyCode: "USD" } },
    customAttributes: [{ key: "stripe_payment_intent", value: placed.paymentIntentId }],
    transactions: [{ kind: "SALE", status: "SUCCESS", gateway: "stripe", authorizationCode: placed.paymentIntentId }],
    lineItems: { nodes: [{ sku: "TEE-BLK-M", quantity: 2, originalUnitPriceSet: { shopMoney: { amount: "25.00" } } }] },
    shippingAddress: { address1: ADDRESS.address1, provinceCode: "CA", countryCodeV2: "US", zip: "90001" },
  });
});

test("the order's payment really stands at Stripe, and names the order", () => {
  const { sims } = bench();

  const placed = sims.placePaidOrder(PLACEMENT);

  expect(sims.stripe.state().payment_intents).toMatchObject([
    {
      id: placed.paymentIntentId,
      status: "succeeded",
      amount_received: PLACEMENT_TOTAL,
      metadata: { order_name: "#1001" },
    },
  ]);
});

test("an authorized order has a hold at Stripe and no captured money", async () => {
  const { sims } = bench();

  const placed = sims.placeAuthorizedOrder(PLACEMENT);

  expect((await readOrder(placed.orderId)).displayFinancialStatus).toBe("AUTHORIZED");
  expect(sims.stripe.state().payment_intents).toMatchObject([
    { status: "requires_capture", amount_capturable: PLACEMENT_TOTAL },
  ]);
});

test("an order that does not exist is null, without an error", async () => {
  const { data, errors } = await ask(bench(), ORDER, { id: "gid://shopify/Order/1" });

  expect(data).toEqual({ order: null });
  expect(errors).toBeUndefined();
});

test("the shop says that it is a development store", async () => {
  const { data, extensions } = await ask(bench(), "{ shop { myshopifyDomain plan { partnerDevelopment } } }", {});

  expect(data.shop).toEqual({ myshopifyDomain: "countermark-demo.myshopify.com", plan: { partnerDevelopment: true } });
  expect(extensions).toMatchObject({ cost: { throttleStatus: { restoreRate: 100 } } });
});

test("orders are found by name, e-mail and tag", async () => {
  const { sims } = bench();
  sims.placePaidOrder(PLACEMENT);
  const second = sims.placePaidOrder({ ...PLACEMENT, email: "bo@test.example.com", tags: ["vip"] });

  const { data } = await ask(bench(), `query($q: String) { orders(first: 5, query: $q) { nodes { id } } }`, {
    q: "email:bo@test.example.com AND tag:vip",
  });

  expect(data.orders.nodes).toEqual([{ id: second.orderId }]);
});

test("orderUpdate: the last write wins", async () => {
  const { orderId: id } = bench().sims.placePaidOrder({ ...PLACEMENT, tags: ["old"] });
  const update = `mutation($input: OrderInput!) { orderUpdate(input: $input) { order { note tags } userErrors { message } } }`;

  const { data } = await ask(bench(), update, { input: { id, note: "gift", tags: ["new"] } });

  expect(data.orderUpdate).toEqual({ order: { note: "gift", tags: ["new"] }, userErrors: [] });
});

test("tagsAdd keeps what was there, and adding a tag twice changes nothing", async () => {
  const { orderId: id } = bench().sims.placePaidOrder({ ...PLACEMENT, tags: ["old"] });
  const add = `mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }`;

  await ask(bench(), add, { id, tags: ["run:1"] });
  await ask(bench(), add, { id, tags: ["run:1"] });

  expect((await readOrder(id)).tags).toEqual(["old", "run:1"]);
});

test("orderCancel is a job: the order is cancelled when the job is done, and once", async () => {
  const { host, sims } = bench();
  const { orderId: id } = sims.placePaidOrder(PLACEMENT);
  const done = "query($id: ID!) { job(id: $id) { done } }";

  const started = await ask(bench(), CANCEL, { id, reason: "CUSTOMER" });
  const job = started.data.orderCancel.job;
  const before = [(await ask(bench(), done, { id: job.id })).data.job.done, (await readOrder(id)).cancelledAt];
  host.clock.advance(1_000);
  const after = (await ask(bench(), done, { id: job.id })).data.job.done;
  const again = await ask(bench(), CANCEL, { id, reason: "CUSTOMER" });

  expect(job.done).toBe(false);
  expect(before).toEqual([false, null]);
  expect(after).toBe(true);
  expect(await readOrder(id)).toMatchObject({ cancelReason: "CUSTOMER", displayFinancialStatus: "REFUNDED" });
  expect(again.data.orderCancel).toMatchObject({ job: null, orderCancelUserErrors: [{ code: "INVALID" }] });
});

test("an order that is being made cannot be cancelled", async () => {
  const { sims } = bench();
  const { orderId: id } = sims.placePaidOrder(PLACEMENT);
  sims.shopify.setFulfillment(id, "IN_PROGRESS");

  const { data } = await ask(bench(), CANCEL, { id, reason: "CUSTOMER" });

  expect(data.orderCancel.orderCancelUserErrors).toMatchObject([{ field: ["orderId"], code: "INVALID" }]);
});

test("refundCreate without a key is refused at this version, and done before 2026-04", async () => {
  const { orderId } = bench().sims.placePaidOrder(PLACEMENT);
  const input = await refundInput(orderId, "5.00");
  const bare =
    "mutation($input: RefundInput!) { refundCreate(input: $input) { refund { id } userErrors { message } } }";

  const refused = await ask(bench(), bare, { input });
  const older = await ask(bench(), bare, { input }, { version: "2026-01" });

  expect(refused.errors?.graphQLErrors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
  expect(older.data.refundCreate.refund.id).toMatch(/^gid:\/\/shopify\/Refund\//);
  expect((await readOrder(orderId)).refunds).toHaveLength(1);
});

test("the same key gives the same refund, rebuilt from the present state", async () => {
  const { orderId } = bench().sims.placePaidOrder(PLACEMENT);
  const input = await refundInput(orderId, "5.00");

  const first = await ask(bench(), REFUND, { input, key: "0b5c" });
  const second = await ask(bench(), REFUND, { input, key: "0b5c" });

  expect(first.data.refundCreate).toMatchObject({
    refund: { totalRefundedSet: { shopMoney: { amount: "5.00" } } },
    userErrors: [],
  });
  expect(second.data).toEqual(first.data);
  expect((await readOrder(orderId)).refunds).toHaveLength(1);
  expect(
    bench()
      .sims.shopify.journal()
      .filter(({ replayed }) => replayed),
  ).toHaveLength(1);
});

test("the same key with another amount is a parameter mismatch", async () => {
  const { orderId } = bench().sims.placePaidOrder(PLACEMENT);
  await ask(bench(), REFUND, { input: await refundInput(orderId, "5.00"), key: "0b5c" });

  const { data } = await ask(bench(), REFUND, { input: await refundInput(orderId, "6.00"), key: "0b5c" });

  expect(data.refundCreate).toMatchObject({
    refund: null,
    userErrors: [{ code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" }],
  });
});

test("a second request while the first is at work is a concurrent request", async () => {
  const { host, sims } = bench();
  const { orderId } = sims.placePaidOrder(PLACEMENT);
  const variables = { input: await refundInput(orderId, "5.00"), key: "0b5c" };
  sims.shopify.fault({ operation: "refundCreate", action: { kind: "delay_before", ms: 800 } });

  const first = ask(bench(), REFUND, variables);
  await host.clock.asleepFor(800);
  const second = await ask(bench(), REFUND, variables);
  host.clock.advance(800);

  expect(second.data.refundCreate.userErrors).toMatchObject([{ code: "IDEMPOTENCY_CONCURRENT_REQUEST" }]);
  expect((await first).data.refundCreate.userErrors).toEqual([]);
});

test("after an internal error the key is burnt, and the refund has to be looked up", async () => {
  const { sims } = bench();
  const { orderId } = sims.placePaidOrder(PLACEMENT);
  const variables = { input: await refundInput(orderId, "5.00"), key: "0b5c" };
  const body = { errors: [{ message: "Internal error", extensions: { code: "INTERNAL_SERVER_ERROR" } }] };
  sims.shopify.fault({ operation: "refundCreate", action: { kind: "status", status: 200, after_effect: true, body } });

  const first = await ask(bench(), REFUND, variables);
  const second = await ask(bench(), REFUND, variables);

  expect(first.errors?.graphQLErrors).toMatchObject([{ extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
  expect(second.data.refundCreate.userErrors).toMatchObject([{ code: "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" }]);
  expect((await readOrder(orderId)).refunds).toHaveLength(1);
});

test("refunds are bounded by what was captured; a refused one leaves its key free", async () => {
  const { orderId } = bench().sims.placePaidOrder(PLACEMENT);

  const tooMuch = await ask(bench(), REFUND, { input: await refundInput(orderId, "58.64"), key: "0b5c" });
  const all = await ask(bench(), REFUND, { input: await refundInput(orderId, "58.63"), key: "0b5c" });

  expect(tooMuch.data.refundCreate.userErrors).toMatchObject([{ code: "INVALID" }]);
  expect(all.data.refundCreate.userErrors).toEqual([]);
  expect((await readOrder(orderId)).displayFinancialStatus).toBe("REFUNDED");
});

test("throttling is a 200 whose body tells, so the client reports errors without a status", async () => {
  const { sims } = bench();
  const { orderId: id } = sims.placePaidOrder(PLACEMENT);
  sims.shopify.fault({ operation: "order", action: { kind: "throttle" } });

  const { data, errors } = await shopifyClient(bench()).request(ORDER, { variables: { id } });

  expect(data).toBeUndefined();
  expect(errors?.graphQLErrors).toMatchObject([{ extensions: { code: "THROTTLED" } }]);
  expect(errors?.networkStatusCode).toBe(200);
});

test("a field that does not exist refuses the whole request before anything happens", async () => {
  const { orderId: id } = bench().sims.placePaidOrder(PLACEMENT);
  const wrong = CANCEL.replace("job { id done }", "job { id progress }");

  const { errors } = await ask(bench(), wrong, { id, reason: "CUSTOMER" });

  expect(errors?.graphQLErrors).toMatchObject([{ extensions: { code: "undefinedField", fieldName: "progress" } }]);
  expect(bench().sims.shopify.state().jobs).toEqual([]);
});

test.each([
  [
    "a missing argument",
    'mutation { orderCancel(orderId: "x", restock: true) { job { id } } }',
    "missingRequiredArguments",
  ],
  ["a missing selection", "{ shop }", "selectionMismatch"],
  ["broken syntax", "{ shop {", "parseError"],
])("%s is a GraphQL error with a 200", async (_, query, code) => {
  const { errors } = await ask(bench(), query, {});

  expect(errors?.graphQLErrors).toMatchObject([{ extensions: { code } }]);
});

test("a missing required variable is refused", async () => {
  const { errors } = await ask(bench(), ORDER, {});

  expect(errors?.graphQLErrors).toMatchObject([{ message: "Variable $id of type ID! was provided invalid value" }]);
});

test("an unserved version falls forward silently; only a header tells", async () => {
  const { sims, keys } = bench();

  const response = await fetch(`${sims.shopify.origin}/admin/api/2024-01/graphql.json`, {
    method: "POST",
    headers: { "x-shopify-access-token": keys.shopify.accessToken, "content-type": "application/json" },
    body: JSON.stringify({ query: "{ shop { name } }" }),
  });

  expect(response.status).toBe(200);
  expect(response.headers.get("x-shopify-api-version")).toBe("2026-01");
});

test("the client-credentials grant gives a token for a day", async () => {
  const { sims, keys, host } = bench();
  const { clientId: client_id, clientSecret: client_secret } = keys.shopify;
  const grant = (secret: string) =>
    fetch(`${sims.shopify.origin}/admin/oauth/access_token`, {
      method: "POST",
      body: new URLSearchParams({ grant_type: "client_credentials", client_id, client_secret: secret }),
    });

  const granted = JSON.parse(await (await grant(client_secret)).text());
  const refused = await grant("guess");
  const token = granted.access_token;
  const now = await ask(bench(), "{ shop { name } }", {}, { token });
  host.clock.advance(24 * 3_600_000);
  const later = await ask(bench(), "{ shop { name } }", {}, { token });

  expect(granted).toMatchObject({ expires_in: 86_399 });
  expect(refused.status).toBe(401);
  expect(now.data.shop.name).toBe("countermark-demo");
  expect(later.errors?.networkStatusCode).toBe(401);
});
