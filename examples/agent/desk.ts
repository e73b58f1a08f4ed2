import { after } from "../../src/contracts/index.ts";
import {
  activatePack,
  addKey,
  addTenant,
  type ConnectionOptions,
  compilePack,
  createApp,
  type Installation,
  openInstallation,
  serve,
  setCredential,
  systemHost,
} from "../../src/index.ts";
import { supportPack } from "./pack.ts";
import { type RecordedModelOptions, startRecordedModel } from "./recorded-model.ts";
import { startShop } from "./shop.ts";

export interface DeskOptions {
  /** Absolute path for keys, artifacts and the embedded database. */
  readonly directory: string;
  /** A PostgreSQL server; null is the embedded one. */
  readonly server: ConnectionOptions | null;
  /** 0 takes any free port. */
  readonly port: number;
  readonly model: RecordedModelOptions;
}

const TENANT = "shop";

/** Opens a shop with its simulated providers, an order that was shipped, and a clerk that answers customers. */
export async function openDesk({ directory, server, port, model: options }: DeskOptions) {
  const { pack, tools } = supportPack();
  const host = systemHost();
  const installation = await openInstallation({ host, directory, server, migrate: true, tools, tier: "HARDENED" });
  const compilation = compilePack(pack);
  if (!compilation.ok) throw new Error(compilation.errors.map(({ message }) => message).join("; "));
  const tenant = { tenantId: TENANT, by: "setup" };
  await addTenant(installation, { ...tenant, name: "Shop", mode: "sandbox" });
  await activatePack(installation, { ...tenant, pack: compilation.compiled });
  const { key } = await addKey(installation, { ...tenant, principalId: "ann", kind: "person", role: "operator" });
  const model = await startRecordedModel(options);
  // A graph names the provider, as anywhere; where that is for this tenant, and with which key, is the credential's to say.
  const credential = { service: "anthropic", origin: model.origin, secret: "no-key-is-needed-here", settings: {} };
  await setCredential(installation, { ...tenant, ...credential });
  const shop = await startShop(installation, TENANT);
  const worker = installation.newWorker();
  const listening = await serve(createApp(installation, { nudge: () => worker.nudge() }), { port });
  worker.start();
  const orderId = `${TENANT}_ord_${shop.placeOrder()}`;
  await fulfil(installation, { origin: listening.origin, key, orderId });
  shop.ship();
  return {
    origin: listening.origin,
    key,
    orderId,
    close: async () => {
      await listening.close();
      await worker.stop();
      await shop.close();
      await model.close();
      await installation.close();
    },
  };
}

/** What we read of a run. */
interface Run {
  readonly run_id: string;
  readonly status: string;
  readonly ended_at: string | null;
  readonly why: string;
}

/** Milliseconds between two looks at a run. */
const LOOK_MS = 50;

/** The paid order's own workflow, to its end. */
async function fulfil(
  { host: { clock } }: Installation,
  { origin, key, orderId }: { readonly origin: string; readonly key: string; readonly orderId: string },
): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const ask = async (path: string, body?: object): Promise<Run> => {
    const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    return JSON.parse(await (await fetch(`${origin}${path}`, init)).text());
  };
  let run = await ask("/v1/runs", { workflow: "P1-WF01", input: { order_id: orderId } });
  while (run.ended_at === null) {
    await clock.wake(after(clock.now(), LOOK_MS), new AbortController().signal);
    run = await ask(`/v1/runs/${run.run_id}`);
  }
  if (run.status !== "SUCCEEDED") throw new Error(`the order was not fulfilled: ${run.why}`);
}
