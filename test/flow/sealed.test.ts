import { afterAll, beforeAll, expect, test } from "vitest";
import { addEndpoint, setCredential } from "../../src/api/administer.ts";
import { createApp, type Listening, serve } from "../../src/api/index.ts";
import {
  assert,
  type Digest,
  entityIdOf,
  isJsonObject,
  type JsonObject,
  parseDigest,
} from "../../src/contracts/index.ts";
import { tenantSecrets } from "../../src/guard/index.ts";
import { openSealed } from "../../src/ledger/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { type Simulators, simulatorKeys, startSimulators } from "../../src/packs/commerce/simulators/index.ts";
import { compilePack, type RunRow } from "../../src/run/index.ts";
import { realHost } from "../database/real-host.ts";
import { type FlowShop, openShopOf } from "./shop.ts";
import { expectSound } from "./sound.ts";
import { tablesWith } from "./tables-with.ts";
import type { FlowTenant } from "./tenant.ts";

/** A customer of these tests, in words that nothing else in a shop holds. */
const EMAIL = "countess@test.example.com";
const ADDRESS = {
  first_name: "Augusta",
  last_name: "Lovelace",
  address1: "12 St James Square",
  city: "Marylebone",
  province_code: "IL",
  zip: "62799-0042",
  country_code: "US",
};
const PERSONAL = [EMAIL, "countess", "Augusta", "Lovelace", "St James", "Marylebone", "62799-0042"];

let shop: FlowShop;
let simulators: Simulators;
let tenant: FlowTenant;
let server: Listening;

beforeAll(async () => {
  const { pack, tools } = commercePack();
  const compiled = compilePack(pack);
  assert(compiled.ok, "the shop's pack compiles");
  const keys = simulatorKeys(realHost.random);
  shop = await openShopOf(tools);
  simulators = await startSimulators({ host: shop.clock.host, keys });
  tenant = await shop.tenantOn(compiled.compiled);
  server = await serve(createApp(shop.installation), { port: 0 });
  const { stripe, shopify, printful, sendgrid } = simulators;
  const { shopDomain, accessToken, clientSecret } = keys.shopify;
  for (const [service, { origin }, secret, settings] of [
    ["stripe", stripe, keys.stripe.secretKey, {}],
    ["shopify", shopify, accessToken, { shop_domain: shopDomain, webhook_secret: clientSecret }],
    ["printful", printful, keys.printful.token, { store_id: String(keys.printful.storeId), variants: "TEE-M=4012" }],
    ["sendgrid", sendgrid, keys.sendgrid.apiKey, { from: "shop@test.example.com" }],
  ] as const) {
    await setCredential(shop.installation, { tenantId: tenant.id, service, origin, secret, settings, by: "test" });
  }
  const { path } = await addEndpoint(shop.installation, { tenantId: tenant.id, provider: "shopify", by: "test" });
  shopify.webhooks.configure({ target: `${server.origin}${path}` });
});

afterAll(async () => {
  await simulators.close();
  await server.close();
  await shop.close();
});

/** A customer orders and pays; returns our id of the order once the shop has told of it. */
async function ordered(): Promise<string> {
  const placed = simulators.placePaidOrder({
    email: EMAIL,
    lines: [{ sku: "TEE-M", quantity: 1, unitPriceMinor: 2_500 }],
    address: ADDRESS,
  });
  await simulators.settled();
  const orderId = entityIdOf(tenant.id, "order", placed.orderId.split("/").at(-1) ?? "");
  assert(orderId !== undefined, "the simulator's id can stand in ours");
  return orderId;
}

/** The run of a workflow about an order, in whatever state. */
const runAbout = (workflowId: string, orderId: string): Promise<RunRow> =>
  shop.until(`a run of ${workflowId}`, async () => {
    const rows = await tenant.sql(
      (sql) => sql<{ run_id: string }[]>`
        select run_id from run
         where workflow_id = ${workflowId}
           and run_id in (select stream from event where seq = 1 and strpos(payload, ${orderId}) > 0)`,
    );
    return rows[0] !== undefined && tenant.run(rows[0].run_id);
  });

async function triggerOf(runId: string): Promise<JsonObject> {
  const { document } = (await tenant.event(runId, "run.started")).payload;
  const trigger = isJsonObject(document) ? document.trigger : undefined;
  assert(isJsonObject(trigger), "a run begins with its trigger");
  return trigger;
}

/** The digest under which a member of a run's trigger is sealed. */
async function sealedAs(runId: string, member: string): Promise<Digest> {
  const reference = (await triggerOf(runId))[member];
  const digest = isJsonObject(reference) ? parseDigest(String(reference.$sealed)) : undefined;
  assert(digest !== undefined, `\`${member}\` is sealed`);
  return digest;
}

/** How often the shop was asked for an order, whole or in part. */
const reads = (): number =>
  simulators.shopify.journal().filter(({ operations }) => operations.includes("order")).length;

test("P1-T19 P1-T20 P1-T35 the customer's address and e-mail come sealed with the order, reach supplier and mail, and stand in no table", async () => {
  const readsBefore = reads();

  const orderId = await ordered();
  const run = await tenant.ends((await runAbout("P1-WF01", orderId)).run_id);

  expect(run).toMatchObject({ outcome: "SUCCESS" });
  expect(await triggerOf(run.run_id)).toEqual({
    order_id: orderId,
    contact: { $sealed: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ship_to: { $sealed: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(simulators.printful.state().orders.at(-1)?.recipient).toMatchObject({
    name: "Augusta Lovelace",
    address1: ADDRESS.address1,
    city: ADDRESS.city,
    zip: ADDRESS.zip,
  });
  expect(simulators.sendgrid.state().messages.at(-1)?.recipients).toMatchObject([{ email: EMAIL }]);
  // validate, tax, accept and fulfil look at the order; nobody asks whose it is but the tax service's tool.
  expect(reads() - readsBefore).toBe(4);
  expect(await tablesWith(shop, "A256GCM")).toEqual(["artifact"]);
  for (const text of PERSONAL) expect([text, await tablesWith(shop, text)]).toEqual([text, []]);
});

test("P1-T20 an order whose address was erased before it was used is not made: a person gets it, and the ledger verifies", async () => {
  await shop.rest();
  const orderId = await ordered();
  const { run_id } = await runAbout("P1-WF01", orderId);
  const [made, mails] = [simulators.printful.state().orders.length, simulators.sendgrid.state().messages.length];
  const digest = await sealedAs(run_id, "ship_to");

  await tenant.sql((sql) => shop.installation.artifacts.erase(sql, digest));
  shop.work();
  const run = await tenant.ends(run_id);
  const exception = await tenant.ends((await runAbout("P1-WF06", orderId)).run_id);

  expect((await tenant.event(run.run_id, "step.failed", "fulfil")).payload).toMatchObject({ code: "ARTIFACT_ERASED" });
  expect((await tenant.event(exception.run_id, "step.failed", "retry")).payload).toMatchObject({
    code: "ARTIFACT_ERASED",
  });
  expect([run, exception]).toMatchObject([
    { outcome: "EXPECTED_FAILURE", code: "ARTIFACT_ERASED" },
    { outcome: "EXPECTED_FAILURE", code: "ARTIFACT_ERASED" },
  ]);
  expect((await tenant.entity(orderId))?.state).toMatchObject({ status: "escalated" });
  expect(simulators.printful.state().orders).toHaveLength(made);
  expect(simulators.sendgrid.state().messages).toHaveLength(mails);
  await expectSound(shop);
});

test("a run that a person starts has nothing sealed; its handlers read from the shop, and no table holds it either", async () => {
  const orderId = await ordered();
  await tenant.ends((await runAbout("P1-WF01", orderId)).run_id);
  const mails = simulators.sendgrid.state().messages.length;

  const run = await tenant.runs("P1-WF01", { order_id: orderId });

  expect(run).toMatchObject({ outcome: "SUCCESS" });
  expect(simulators.sendgrid.state().messages).toHaveLength(mails + 1);
  for (const text of PERSONAL) expect([text, await tablesWith(shop, text)]).toEqual([text, []]);
});

test("once the tenant's key is destroyed, nobody opens what it sealed, and the ledger verifies", async () => {
  const orderId = await ordered();
  const { run_id } = await runAbout("P1-WF01", orderId);
  await tenant.ends(run_id);
  const digest = await sealedAs(run_id, "contact");
  const { database, installationKey, artifacts } = shop.installation;
  const open = () =>
    tenant.sql(async (sql) => {
      const { artifactKey } = await tenantSecrets(sql, shop.clock.host, tenant.id, installationKey);
      return openSealed(sql, { $sealed: digest }, { store: artifacts, key: artifactKey });
    });
  expect(await open()).toEqual({ email: EMAIL, name: "Augusta Lovelace" });

  await database.owner`delete from countermark.tenant_key where tenant_id = ${tenant.id}`;

  await expect(open()).rejects.toMatchObject({ code: "SEAL_UNREADABLE" });
  await expectSound(shop);
});
