import { createApp, type Installation } from "../../api/index.ts";
import { after, type Host } from "../../contracts/index.ts";
import { releaseHeld } from "../../ingress/index.ts";
import { type Simulators, simulatorKeys, startSimulators } from "../../packs/commerce/simulators/index.ts";
import { type DemoClient, demoClient } from "./client.ts";
import { demoPack } from "./demo-pack.ts";
import { type DevRelease, releaseShop } from "./dev-release.ts";
import { furnish } from "./furnish.ts";
import { adminKey } from "./release-stage.ts";
import { placeOrder, quiet, requestRefund } from "./scenario.ts";

export interface DevShopOptions {
  readonly installation: Installation;
  readonly tenantId: string;
  /** Of the installation, which trusts there whose signatures count; without it, nothing is released. */
  readonly directory?: string;
  /** Where this process receives webhooks, such as `http://127.0.0.1:4000`. */
  readonly origin: string;
  /** Told of what should not happen and does not end the shop. */
  readonly onTrouble: (error: unknown) => void;
}

/** What a newcomer can look at as soon as the shop is open. */
export interface DevShop {
  /** A finished order-to-fulfilment run. */
  readonly runId: string;
  /** An approval that waits for a person. */
  readonly approvalId: string;
  /** What production holds; null where nothing came there. */
  readonly release: DevRelease | null;
  readonly simulators: Simulators;
  close(): Promise<void>;
}

/** Seconds that an approver has: long enough for somebody who reads first. */
const APPROVAL_SECONDS = 3_600;
const MS_BETWEEN_ORDERS = 5_000;
const MS_BETWEEN_SWEEPS = 1_000;

/** Opens the demo shop beside a running server and worker: simulated providers, and a customer every few seconds. */
export async function startDevShop(options: DevShopOptions): Promise<DevShop> {
  const { installation, tenantId, directory, origin } = options;
  const { host } = installation;
  const keys = simulatorKeys(host.random);
  const simulators = await startSimulators({ host, keys });
  const { pack } = demoPack({ shopHost: keys.shopify.shopDomain, approvalSeconds: APPROVAL_SECONDS });
  const demoKeys = await furnish({ installation, simulators, simulatorKeys: keys, tenantId, pack, origin });
  const app = createApp(installation);
  const clientOf = (key: string): DemoClient =>
    demoClient({ fetch: (request) => app.fetch(request), origin, key, clock: host.clock });
  const operator = clientOf(demoKeys.operator);
  const releaser = async () => ({
    tenantId,
    simulators,
    operator,
    admin: clientOf(await adminKey(installation, tenantId)),
  });
  const release =
    directory === undefined
      ? null
      : await releaseShop({ host, installation, directory, app, origin }, await releaser(), {
          pack,
          told: options.onTrouble,
        });
  const first = await firstVisitors({ operator, simulators, tenantId, host });
  const closing = new AbortController();
  const loops = [traffic(options, simulators, closing.signal), sweeping(options, closing.signal)];
  return {
    ...first,
    release,
    simulators,
    close: async () => {
      closing.abort();
      await Promise.all(loops);
      await simulators.close();
    },
  };
}

/** One order goes all the way, and one refund waits: the two things a newcomer is shown. */
async function firstVisitors(shop: {
  readonly operator: DemoClient;
  readonly simulators: Simulators;
  readonly tenantId: string;
  readonly host: Host;
}): Promise<Pick<DevShop, "runId" | "approvalId">> {
  const order = placeOrder({ simulators: shop.simulators, random: shop.host.random });
  await quiet(shop);
  const runId = await shop.operator.newestRun("P1-WF01");
  const refund = await requestRefund(shop, order);
  return { runId, approvalId: await shop.operator.approvalOf(refund) };
}

async function traffic(
  { installation, onTrouble }: DevShopOptions,
  simulators: Simulators,
  closing: AbortSignal,
): Promise<void> {
  const { clock, random } = installation.host;
  for (;;) {
    await clock.wake(after(clock.now(), MS_BETWEEN_ORDERS), closing);
    if (closing.aborted) return;
    try {
      placeOrder({ simulators, random });
    } catch (error) {
      onTrouble(error);
    }
  }
}

/** Events that waited too long for their predecessor are released. */
async function sweeping({ installation, tenantId, onTrouble }: DevShopOptions, closing: AbortSignal): Promise<void> {
  const { clock } = installation.host;
  for (;;) {
    await clock.wake(after(clock.now(), MS_BETWEEN_SWEEPS), closing);
    if (closing.aborted) return;
    try {
      await releaseHeld(installation, tenantId);
    } catch (error) {
      onTrouble(error);
    }
  }
}
