import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activatePack, addTenant, setCredential } from "../../src/api/administer.ts";
import { type Installation, openInstallation } from "../../src/api/installation.ts";
import { assert, entityIdOf, type JsonObject, systemHost } from "../../src/contracts/index.ts";
import { insertPrincipal } from "../../src/guard/index.ts";
import {
  type SimulatorKeys,
  type Simulators,
  simulatorKeys,
  startSimulators,
} from "../../src/packs/commerce/simulators/index.ts";
import { beginRun, type CompiledPack, type CompiledWorkflow, compilePack } from "../../src/run/index.ts";
import { inTenant } from "../../src/store/index.ts";
import type { LeaseProfile, Worker } from "../../src/worker/index.ts";
import { freshDatabase } from "../database/database.ts";
import { type Bank, startBank } from "./bank.ts";
import type { Orders } from "./child.ts";
import { bundleChild, type Child } from "./children.ts";
import { crashPack } from "./pack.ts";

export const TENANT = "shop";

/** Leases short enough that a test need not wait for long, with room for two lost beats. */
export const PROFILE: LeaseProfile = { leaseMs: 1_500, beatMs: 300, claimsMax: 3, runsMax: 8, pollMs: 50 };

/** An installation on a database of its own, with providers that outlive every worker. */
export interface CrashShop {
  readonly installation: Installation;
  readonly pack: CompiledPack;
  readonly simulators: Simulators;
  readonly bank: Bank;
  /** Starts a process with a worker in it. */
  spawn(orders?: Partial<Pick<Orders, "at" | "signal" | "profile" | "temporal">>): Child;
  /** A started worker of this process. Stop it, or the end does. */
  startWorker(profile?: LeaseProfile): Worker;
  /** Starts a run and gives its id. */
  start(workflow: string, trigger: JsonObject): Promise<string>;
  /** The id of a paid order in the shop, of 55.00. */
  placeOrder(): string;
  close(): Promise<void>;
}

export async function openCrashShop(): Promise<CrashShop> {
  const { options: server, drop } = await freshDatabase();
  const directory = mkdtempSync(join(tmpdir(), "countermark-crash-shop-"));
  const host = systemHost();
  const keys = simulatorKeys(host.random);
  const program = await bundleChild();
  const { graphs, graphProgram } = program;
  const { pack: draft, tools } = crashPack(() => assert(false, "only a child takes poison"), graphs);
  const [simulators, bank] = await Promise.all([startSimulators({ host, keys }), startBank()]);
  const options = { host, directory, server, migrate: false, tools, tier: "HARDENED", graphProgram } as const;
  const installation = await openInstallation(options);
  const compiled = compilePack(draft);
  assert(compiled.ok, "the pack compiles");
  const pack = compiled.compiled;
  await furnish(installation, { pack, keys, simulators, bank });

  const workers: Worker[] = [];
  return {
    installation,
    pack,
    simulators,
    bank,
    spawn: ({ at = null, signal = "SIGKILL", profile = PROFILE, temporal = null } = {}) =>
      program.spawn({ server, directory, profile, at, signal, temporal }),
    startWorker: (profile = PROFILE) => {
      const worker = installation.newWorker({ profile });
      worker.start();
      workers.push(worker);
      return worker;
    },
    start: (workflowId, trigger) => start(installation, { pack, workflow: workflowOf(pack, workflowId), trigger }),
    placeOrder: () => placeOrder(simulators),
    close: async () => {
      await program.remove();
      await Promise.all(workers.map((worker) => worker.stop()));
      await Promise.all([simulators.close(), bank.close(), installation.close()]);
      await drop();
      rmSync(directory, { recursive: true });
    },
  };
}

interface Furniture extends Pick<CrashShop, "pack" | "simulators" | "bank"> {
  readonly keys: SimulatorKeys;
}

async function furnish(installation: Installation, { pack, keys, simulators, bank }: Furniture): Promise<void> {
  const { clock } = installation.host;
  const by = { tenantId: TENANT, by: "test" };
  const connect = (service: string, origin: string, secret: string, settings = {}) =>
    setCredential(installation, { ...by, service, origin, secret, settings });

  await addTenant(installation, { ...by, name: "Shop", mode: "sandbox" });
  await inTenant(installation.database, TENANT, (sql) =>
    insertPrincipal(sql, { principalId: "ops", kind: "service", name: "ops", at: clock.now() }),
  );
  const done = [
    await connect("stripe", simulators.stripe.origin, keys.stripe.secretKey),
    await connect("shopify", simulators.shopify.origin, keys.shopify.accessToken, {
      shop_domain: keys.shopify.shopDomain,
    }),
    await connect("sendgrid", simulators.sendgrid.origin, keys.sendgrid.apiKey, { from: "shop@test.example.com" }),
    await connect("bank", bank.origin, "secret of a bank under test"),
  ];
  assert(
    done.every(({ ok }) => ok),
    "the credentials are taken",
  );
  await activatePack(installation, { ...by, pack });
}

export function workflowOf(pack: CompiledPack, workflowId: string): CompiledWorkflow {
  const workflow = pack.workflows[workflowId];
  assert(workflow !== undefined, "the pack has the workflow");
  return workflow;
}

async function start(
  { database, host }: Installation,
  asked: { readonly pack: CompiledPack; readonly workflow: CompiledWorkflow; readonly trigger: JsonObject },
): Promise<string> {
  const key = host.ids.next();
  const beginning = { ...asked, tenantId: TENANT, startKey: key, correlationId: key, principalId: "ops" };
  const runId = await inTenant(database, TENANT, (sql) =>
    beginRun(sql, host, { ...beginning, channel: "controlled_fixture", causation: null }),
  );
  assert(runId !== null, "its start key is new");
  return runId;
}

function placeOrder(simulators: Simulators): string {
  const { orderId } = simulators.placePaidOrder({
    email: "buyer@test.example.com",
    lines: [{ sku: "TEE-M", quantity: 2, unitPriceMinor: 2_500 }],
    address: {
      first_name: "Ada",
      last_name: "Buyer",
      address1: "1 Main St",
      city: "Springfield",
      province_code: "IL",
      zip: "62701",
      country_code: "US",
    },
    shippingMinor: 500,
  });
  const id = entityIdOf(TENANT, "order", orderId.split("/").at(-1) ?? "");
  assert(id !== undefined, "an order's id can stand in an id");
  return id;
}
