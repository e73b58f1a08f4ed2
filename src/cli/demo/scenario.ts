import { assert, type Clock, entityIdOf, type Json, type JsonObject, type Random } from "../../contracts/index.ts";
import type { PlacedOrder, Simulators } from "../../packs/commerce/simulators/index.ts";
import type { DemoClient } from "./client.ts";
import { CATALOGUE } from "./furnish.ts";

/** The stage on which the scenario plays. */
export interface Stage {
  readonly simulators: Simulators;
  /** As the shop's automation. */
  readonly operator: DemoClient;
  /** As a person who may approve. */
  readonly approver: DemoClient;
  /** As somebody whose scope grants nothing. */
  readonly intern: DemoClient;
  readonly tenantId: string;
  /** From now on an approval expires within seconds: another version of the pack, for runs that start after it. */
  readonly hurryApprovers: () => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  /** Told what is being shown now. */
  readonly tell: (what: string) => void;
}

/** Orders placed at a time: enough to keep the runs concurrent, few enough to watch. */
const ORDERS_AT_A_TIME = 5;

/** Plays the fixed scenario, each scene to its end. The simulators' ids, amounts and addresses follow the seed. */
export async function playScenario(stage: Stage, orders: number): Promise<void> {
  const { tell } = stage;
  tell(`${orders} paid orders`);
  const placed = await paidOrders(stage, orders);
  tell("duplicated, forged and stale webhooks");
  await doubtfulWebhooks(stage);
  tell("an order that cannot be fulfilled");
  await invalidOrder(stage);
  tell("a supplier outage that recovers");
  await outageThatRecovers(stage);
  tell("a supplier outage that does not: what was done is undone");
  await outageThatDoesNot(stage);
  tell("a supplier that acts and never answers");
  await lostAnswer(stage);
  tell("refunds: approved, denied, drifted, expired");
  await refunds(stage, placed);
  tell("a call outside its scope, a runaway loop, a secret in a tool's output");
  await misbehaviour(stage, first(placed));
}

async function paidOrders(stage: Stage, count: number): Promise<readonly PlacedOrder[]> {
  const placed: PlacedOrder[] = [];
  while (placed.length < count) {
    const batch = Math.min(ORDERS_AT_A_TIME, count - placed.length);
    for (let index = 0; index < batch; index++) placed.push(placeOrder(stage));
    await quiet(stage);
  }
  return placed;
}

/** A paid order of one or two lines; `region` decides the tax, and an unknown SKU cannot be fulfilled. */
export function placeOrder({ simulators, random }: Pick<Stage, "simulators" | "random">, sku?: string): PlacedOrder {
  const buyer = Math.floor(random.next() * 10_000);
  const item = pick(CATALOGUE, random);
  return simulators.placePaidOrder({
    email: `buyer-${buyer}@test.example.com`,
    lines: [{ sku: sku ?? item.sku, quantity: 1 + Math.floor(random.next() * 3), unitPriceMinor: item.unitPriceMinor }],
    address: {
      first_name: "Ada",
      last_name: "Buyer",
      address1: `${1 + (buyer % 900)} Main Street`,
      city: "Los Angeles",
      province_code: "CA",
      country_code: "US",
      zip: "90001",
    },
    shippingMinor: 500,
  });
}

const pick = <T>(from: readonly T[], random: Random): T => {
  const chosen = from[Math.floor(random.next() * from.length)];
  assert(chosen !== undefined, "there is something to pick from");
  return chosen;
};

async function doubtfulWebhooks(stage: Stage): Promise<void> {
  const { shopify, stripe } = stage.simulators;
  shopify.webhooks.configure({ copies: 2 });
  placeOrder(stage);
  await quiet(stage);
  shopify.webhooks.configure({ copies: 1 });
  stripe.webhooks.configure({ secret: "wrong" });
  stripe.pay({ amount: 1_000, currency: "usd", capture_method: "automatic" });
  await quiet(stage);
  stripe.webhooks.configure({ secret: "current", stale_ms: STALE_MS });
  stripe.pay({ amount: 1_000, currency: "usd", capture_method: "automatic" });
  await quiet(stage);
  stripe.webhooks.configure({ stale_ms: 0 });
}

/** Twice the tolerance of a signed time. */
const STALE_MS = 600_000;

/** A line without an article cannot be fulfilled. */
const NO_SKU = "";

async function invalidOrder(stage: Stage): Promise<void> {
  placeOrder(stage, NO_SKU);
  await quiet(stage);
}

const CREATE_AT_SUPPLIER = { method: "POST", path: "/v2/orders" } as const;

async function outageThatRecovers(stage: Stage): Promise<void> {
  stage.simulators.printful.fault({ ...CREATE_AT_SUPPLIER, count: 1, action: { kind: "status", status: 503 } });
  placeOrder(stage);
  await quiet(stage);
  stage.simulators.printful.clearFaults();
}

async function outageThatDoesNot(stage: Stage): Promise<void> {
  stage.simulators.printful.fault({ ...CREATE_AT_SUPPLIER, action: { kind: "outage" } });
  placeOrder(stage);
  await quiet(stage);
  stage.simulators.printful.clearFaults();
}

async function lostAnswer(stage: Stage): Promise<void> {
  stage.simulators.printful.fault({ ...CREATE_AT_SUPPLIER, count: 1, action: { kind: "drop_after_effect" } });
  placeOrder(stage);
  await quiet(stage);
  stage.simulators.printful.clearFaults();
}

async function refunds(stage: Stage, placed: readonly PlacedOrder[]): Promise<void> {
  const [approved, denied, drifted, expired] = placed;
  assert(
    approved !== undefined && denied !== undefined && drifted !== undefined && expired !== undefined,
    "the scenario has at least four orders",
  );
  // The provider refunds and the answer is lost: the same key is sent again, and gives the one refund that was made.
  stage.simulators.stripe.fault({
    method: "POST",
    path: "/v1/refunds",
    count: 1,
    action: { kind: "drop_after_effect" },
  });
  await decided(stage, approved, "APPROVE");
  await decided(stage, denied, "DENY");
  await orderThatChanges(stage, drifted);
  await stage.hurryApprovers();
  const waiting = await requestRefund(stage, expired);
  await stage.operator.untilRunEnds(waiting);
}

/** A customer wants part of the money back; the run waits for a person. Gives the run's id. */
export async function requestRefund(stage: Pick<Stage, "operator" | "tenantId">, order: PlacedOrder): Promise<string> {
  const input = {
    order_id: orderIdOf(stage.tenantId, order),
    amount_cents: REFUND_MINOR,
    reason: "requested_by_customer",
  };
  const run = await stage.operator.post("/v1/runs", { workflow: "P1-WF03", input });
  const runId = textOf(run, "run_id");
  await stage.operator.untilRun(runId, (status) => status === "SUSPENDED_HITL" || isEnded(status));
  return runId;
}

const REFUND_MINOR = 500;

async function decided(stage: Stage, order: PlacedOrder, decision: "APPROVE" | "DENY"): Promise<void> {
  const runId = await requestRefund(stage, order);
  await stage.approver.decide(runId, decision);
  await stage.operator.untilRunEnds(runId);
  await quiet(stage);
}

/** The order is retagged at the shop between preview and approval: the approval is void and says why. */
async function orderThatChanges(stage: Stage, order: PlacedOrder): Promise<void> {
  const runId = await requestRefund(stage, order);
  await stage.operator.post("/v1/calls", {
    tool: "updateOrder",
    input: { order_id: orderIdOf(stage.tenantId, order), tags: ["address-changed"] },
  });
  await quiet(stage);
  await stage.approver.decide(runId, "APPROVE");
  await stage.operator.untilRunEnds(runId);
}

async function misbehaviour(stage: Stage, order: PlacedOrder): Promise<void> {
  const order_id = orderIdOf(stage.tenantId, order);
  await stage.intern.post("/v1/calls", { tool: "updateOrder", input: { order_id, tags: ["intern-was-here"] } });
  for (const workflow of ["DEMO-RUNAWAY", "DEMO-NOTES"]) {
    const run = await stage.operator.post("/v1/runs", { workflow, input: { order_id } });
    await stage.operator.untilRunEnds(textOf(run, "run_id"));
  }
}

export function orderIdOf(tenantId: string, order: PlacedOrder): string {
  const id = entityIdOf(tenantId, "order", order.orderId.slice(order.orderId.lastIndexOf("/") + 1));
  assert(id !== undefined, "a shop's order id is digits");
  return id;
}

export const isEnded = (status: string): boolean => /^(SUCCEEDED|FAILED_|CANCELLED)/.test(status);

/** Every webhook is delivered and no run can move without a person: the scene is over. */
export async function quiet(stage: Pick<Stage, "simulators" | "operator">): Promise<void> {
  await stage.simulators.settled();
  await stage.operator.untilRest();
  await stage.simulators.settled();
}

const first = <T>(items: readonly T[]): T => {
  const item = items[0];
  assert(item !== undefined, "there is a first one");
  return item;
};

export function textOf(document: Json, member: string): string {
  const value = isObject(document) ? document[member] : undefined;
  assert(typeof value === "string", `the answer has a text \`${member}\``);
  return value;
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
