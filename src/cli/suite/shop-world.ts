import { z } from "zod";
import type { Installation } from "../../api/index.ts";
import { assert, Fault, type Host, type JsonObject, type Random } from "../../contracts/index.ts";
import type { Tool } from "../../guard/index.ts";
import {
  FAULT_RULE,
  type PlacedOrder,
  type SimulatorKeys,
  type Simulators,
  simulatorKeys,
  startSimulators,
} from "../../packs/commerce/simulators/index.ts";
import type { GoldenCase } from "../../release/index.ts";
import { CATALOGUE, connectProviders } from "../demo/furnish.ts";
import { orderIdOf, quiet } from "../demo/scenario.ts";
import { NOTHING_SEEN, type SuiteWorld, type WorldStage } from "./world.ts";

/** A shop that runs already: its simulators, and the handlers of its tools. */
export interface OpenShop {
  readonly simulators: Simulators;
  readonly tools: readonly Tool[];
  readonly random: Random;
}

/** The world of a shop: real handlers before simulators of its providers, on this machine alone. */
export async function openShopWorld(options: {
  readonly host: Host;
  readonly tools: readonly Tool[];
  readonly installation: () => Installation;
}): Promise<SuiteWorld> {
  const { host, tools } = options;
  const keys: SimulatorKeys = simulatorKeys(host.random);
  const simulators = await startSimulators({ host, keys });
  return {
    ...shopWorld({ simulators, tools, random: host.random }),
    furnish: ({ tenantId, origin }) =>
      connectProviders({ installation: options.installation(), simulators, simulatorKeys: keys, tenantId, origin }),
    close: () => simulators.close(),
  };
}

/** The same for a shop that is connected, and closed, by somebody else. */
export function shopWorld({ simulators, tools, random }: OpenShop): SuiteWorld {
  return {
    tools,
    furnish: async () => undefined,
    arrange: (one, start, stage) => arrange({ simulators, random }, one, { start, stage }),
    settled: async () => {
      await simulators.settled();
      for (const provider of PROVIDERS) simulators[provider].clearFaults();
      return NOTHING_SEEN;
    },
    close: async () => undefined,
  };
}

const PROVIDERS = ["stripe", "shopify", "printful", "sendgrid"] as const;

const ORDER = z.strictObject({ sku: z.string().optional(), quantity: z.int().min(1).max(100).default(1) });

/** A workflow with an input of its own starts on an order that went through well; without one, the order is what starts it. */
async function arrange(
  shop: Pick<OpenShop, "simulators" | "random">,
  one: GoldenCase,
  { start, stage }: { readonly start: JsonObject; readonly stage: WorldStage },
): Promise<JsonObject> {
  const isFirst = start.input !== undefined;
  if (!isFirst) armFaults(shop, one);
  const order = start.order === undefined ? null : placeOrder(shop, one, start.order);
  if (order !== null) await quiet({ simulators: shop.simulators, operator: stage.operator });
  if (isFirst) armFaults(shop, one);
  return order === null ? {} : { order: { ...Object(start.order), order_id: orderIdOf(stage.tenantId, order) } };
}

function armFaults({ simulators }: Pick<OpenShop, "simulators">, { id, faults }: GoldenCase): void {
  for (const { provider, ...rule } of faults) {
    const read = FAULT_RULE.safeParse(rule);
    if (!read.success) throw invalid(id, `\`$.faults\`: ${z.prettifyError(read.error)}`);
    simulators[provider].fault(read.data);
  }
}

function placeOrder(
  { simulators, random }: Pick<OpenShop, "simulators" | "random">,
  { id }: GoldenCase,
  order: unknown,
): PlacedOrder {
  const read = ORDER.safeParse(order);
  if (!read.success) throw invalid(id, `\`$.start.order\`: ${z.prettifyError(read.error)}`);
  const [usual] = CATALOGUE;
  assert(usual !== undefined, "the shop sells something");
  const { sku = usual.sku, quantity } = read.data;
  const { unitPriceMinor } = CATALOGUE.find((item) => item.sku === sku) ?? usual;
  return simulators.placePaidOrder({
    email: `buyer-${Math.floor(random.next() * BUYERS)}@test.example.com`,
    lines: [{ sku, quantity, unitPriceMinor }],
    address: ADDRESS,
    shippingMinor: 500,
  });
}

const BUYERS = 10_000;

const ADDRESS = {
  first_name: "Ada",
  last_name: "Buyer",
  address1: "12 Main Street",
  city: "Los Angeles",
  province_code: "CA",
  country_code: "US",
  zip: "90001",
} as const;

const invalid = (id: string, why: string): Fault =>
  new Fault("SUITE_INVALID", `case \`${id}\` ${why}`, { retry: "never" });
