import { compileSchema, entityIdOf, type JsonObject, Stop } from "../../../src/contracts/index.ts";
import { openEgress } from "../../../src/guard/egress.ts";
import type { CallContext, Tool, ToolOutcome } from "../../../src/guard/index.ts";
import { type Answers, callContext, TENANT } from "../../../src/packs/commerce/testing/call-context.ts";
import { type Bench, PLACEMENT } from "../simulators/bench.ts";

/** One attempt of a call against the simulators, behind the egress that the kernel gives a handler. */
export function attempt({ sims, keys }: Bench, rest: Partial<Answers> = {}): CallContext {
  const origins = {
    stripe: sims.stripe.origin,
    shopify: sims.shopify.origin,
    printful: sims.printful.origin,
    sendgrid: sims.sendgrid.origin,
  };
  const egress = openEgress({
    mode: "sandbox",
    allow: ["development-store.myshopify.com"],
    sandboxOrigins: Object.values(origins),
    requestCapBytes: 262_144,
    responseCapBytes: 262_144,
    stop: new Stop(),
    fetch,
    resolve: async () => ["127.0.0.1"],
  });
  return callContext({
    fetch: egress.fetch,
    origins,
    secrets: {
      stripe: keys.stripe.secretKey,
      shopify: keys.shopify.accessToken,
      printful: keys.printful.token,
      sendgrid: keys.sendgrid.apiKey,
    },
    settings: { printful: { variants: "TEE-BLK-M=4012" } },
    ...rest,
  });
}

/** What an applied outcome gave; anything else fails the test with what it was. */
export function outputOf(outcome: ToolOutcome): JsonObject {
  if (outcome.kind !== "applied") throw new Error(`${outcome.kind} ${outcome.code}: ${outcome.message}`);
  return outcome.result.output;
}

/** Runs a tool that must succeed, and holds its output against its own contract, as the kernel does. */
export async function perform(tool: Tool, input: JsonObject, context: CallContext): Promise<JsonObject> {
  const output = outputOf(await tool.handler(input, context));
  const schema = compileSchema(tool.contract.output_schema);
  const judged = schema.ok ? schema.validate(output) : schema;
  if (!judged.ok) throw new Error(`${judged.refusal.code}: ${judged.refusal.field_path} ${judged.refusal.message}`);
  return output;
}

/** A paid order in the shop, and our id of it. */
export function paidOrder({ sims }: Bench): { readonly orderId: string; readonly paymentIntent: string } {
  const placed = sims.placePaidOrder(PLACEMENT);
  const orderId = entityIdOf(TENANT, "order", placed.orderId.split("/").at(-1) ?? "");
  if (orderId === undefined) throw new Error("the simulator's order id cannot stand in an id");
  return { orderId, paymentIntent: placed.paymentIntentId };
}
