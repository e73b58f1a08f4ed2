import { createHmac } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import {
  after,
  assert,
  createPatch,
  digestOf,
  type Host,
  type Instant,
  type Json,
  type JsonObject,
  type ManualClock,
  seededHost,
  sha256Hex,
} from "../../src/contracts/index.ts";
import { insertEndpoint, insertTenant, tenantSecrets, touchControl, upsertCredential } from "../../src/guard/index.ts";
import { acceptWebhook, type IngressPorts, type WebhookAnswer } from "../../src/ingress/index.ts";
import { type ArtifactFolder, artifactStore, entitiesById, writeEntity } from "../../src/ledger/index.ts";
import { commercePack } from "../../src/packs/commerce/index.ts";
import { compilePack, type DraftPack, installPack } from "../../src/run/index.ts";
import { type Database, inTenant, openDatabase } from "../../src/store/index.ts";
import { ControlRoom } from "../../src/worker/index.ts";
import { freshDatabase } from "../database/database.ts";

/** Two shops that know nothing of each other, each with a webhook endpoint at every provider. */
export const SHOP = "test_shop";
export const OTHER = "test_other";

const SHOP_DOMAIN = "test-shop.myshopify.com";
const INSTALLATION_KEY = new Uint8Array(32).fill(7);
const OVERLAP_MS = 86_400_000;

const tokenOf = (tenant: string, provider: string): string => `${tenant}-${provider}-token`;
export const stripeSecret = (tenant: string): string => `whsec_${tenant}`;
export const shopifySecret = (tenant: string): string => `shopify_${tenant}`;
const printfulSecret = (tenant: string): string => Buffer.from(`printful ${tenant}`).toString("hex");

export interface Shop {
  readonly database: Database;
  readonly host: Host & { readonly clock: ManualClock };
  readonly ports: IngressPorts;
}

/** What these shops keep is small. */
const NO_FOLDER: ArtifactFolder = {
  write: () => Promise.reject(new Error("nothing is too large for a row")),
  read: async () => undefined,
  remove: async () => undefined,
};

/** A fresh database for the tests of a file, with both shops; the shop pack is active in each. */
export function useShop(): Shop {
  let opened: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    opened = await openShop();
  });
  afterAll(() => opened.close());
  return {
    get database() {
      return opened.shop.database;
    },
    get host() {
      return opened.shop.host;
    },
    get ports() {
      return opened.shop.ports;
    },
  };
}

async function openShop() {
  const fresh = await freshDatabase();
  const database = openDatabase(fresh.options);
  const host = seededHost(1);
  const control = new ControlRoom({
    database,
    host,
    installationKey: INSTALLATION_KEY,
    readPromoted: async () => null,
    readApplyHold: async () => null,
  });
  const close = async () => {
    await database.close();
    await fresh.drop();
  };
  const shop = { database, host, ports: { database, host, control, artifacts: artifactStore(NO_FOLDER) } };
  for (const tenant of [SHOP, OTHER]) await addShop(shop, tenant);
  return { shop, close };
}

async function addShop(shop: Shop, tenant: string): Promise<void> {
  const at = shop.host.clock.now();
  await inTenant(shop.database, tenant, async (sql) => {
    await insertTenant(sql, { name: tenant, mode: "sandbox", at });
    for (const provider of ["stripe", "shopify", "printful", "sendgrid"]) {
      const tokenSha256 = sha256Hex(tokenOf(tenant, provider));
      await insertEndpoint(sql, { endpointId: `${provider}-1`, tokenSha256, provider, at });
    }
  });
  await setCredential(shop, tenant, "stripe", { webhook_secret: stripeSecret(tenant) });
  await setCredential(shop, tenant, "printful", { webhook_secret: printfulSecret(tenant), store_id: "77" });
  await setCredential(shop, tenant, "shopify", { webhook_secret: shopifySecret(tenant), shop_domain: SHOP_DOMAIN });
  await setPack(shop, "ACTIVE", commercePack().pack, tenant);
}

/** Gives the tenant a credential; the one before stays valid for a day. */
export async function setCredential(
  { database, host }: Shop,
  tenant: string,
  service: string,
  settings: { readonly [name: string]: string },
): Promise<void> {
  const now = host.clock.now();
  await inTenant(database, tenant, async (sql) => {
    const secrets = await tenantSecrets(sql, host, tenant, INSTALLATION_KEY);
    await upsertCredential(sql, {
      service,
      origin: "http://127.0.0.1:1",
      sealedSecret: secrets.seal("sk_test_x", `credential ${service}`),
      settings: secrets.seal(JSON.stringify(settings), `settings ${service}`),
      now,
      overlapUntil: after(now, OVERLAP_MS),
    });
  });
}

/** Installs a version of a pack as ACTIVE or PAUSED. */
export async function setPack(
  { database, host }: Shop,
  state: "ACTIVE" | "PAUSED",
  pack: DraftPack = commercePack().pack,
  tenant: string = SHOP,
): Promise<void> {
  const compiled = compilePack(pack);
  assert(compiled.ok, "the pack compiles");
  const { config_hash: digest, pack: whole } = compiled.compiled;
  const at = host.clock.now();
  await inTenant(database, tenant, async (sql) => {
    const document = JSON.stringify(whole);
    await installPack(sql, { packId: whole.id, digest, version: whole.version, state, document, at });
    await touchControl(sql, at);
  });
}

export interface Sent {
  readonly tenant?: string;
  readonly secret?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** Delivers a Stripe event, signed at `at` or now. */
export function sendStripe(
  shop: Shop,
  event: Json,
  sent: Sent & { readonly at?: Instant } = {},
): Promise<WebhookAnswer> {
  const tenant = sent.tenant ?? SHOP;
  const body = JSON.stringify(event);
  const seconds = Math.floor((sent.at ?? shop.host.clock.now()) / 1000);
  const mac = createHmac("sha256", sent.secret ?? stripeSecret(tenant))
    .update(`${seconds}.${body}`)
    .digest("hex");
  return deliver(shop, tenant, "stripe", body, { "stripe-signature": `t=${seconds},v1=${mac}`, ...sent.headers });
}

/** Delivers a Shopify event of a topic. */
export function sendShopify(
  shop: Shop,
  topic: string,
  webhookId: string,
  order: Json,
  sent: Sent = {},
): Promise<WebhookAnswer> {
  const tenant = sent.tenant ?? SHOP;
  const body = JSON.stringify(order);
  return deliver(shop, tenant, "shopify", body, {
    "x-shopify-hmac-sha256": createHmac("sha256", sent.secret ?? shopifySecret(tenant))
      .update(body)
      .digest("base64"),
    "x-shopify-topic": topic,
    "x-shopify-shop-domain": SHOP_DOMAIN,
    "x-shopify-api-version": "2026-07",
    "x-shopify-webhook-id": webhookId,
    ...sent.headers,
  });
}

/** Delivers a Printful event. */
export function sendPrintful(shop: Shop, event: Json, sent: Sent = {}): Promise<WebhookAnswer> {
  const tenant = sent.tenant ?? SHOP;
  const body = JSON.stringify(event);
  const key = Buffer.from(sent.secret ?? printfulSecret(tenant), "hex");
  const mac = createHmac("sha256", key).update(body).digest("hex");
  return deliver(shop, tenant, "printful", body, { "x-pf-webhook-signature": mac, ...sent.headers });
}

export const deliver = (
  shop: Shop,
  tenant: string,
  provider: string,
  body: string,
  headers: { readonly [name: string]: string },
): Promise<WebhookAnswer> =>
  acceptWebhook(shop.ports, {
    endpointToken: tokenOf(tenant, provider),
    provider,
    headers,
    rawBody: new Uint8Array(Buffer.from(body)),
    receivedAt: shop.host.clock.now(),
  });

/** An order as the shop sends it, with a person in it. */
export const orderBody = (digits: string, members: { readonly [name: string]: Json } = {}): Json => ({
  id: 1,
  admin_graphql_api_id: `gid://shopify/Order/${digits}`,
  name: "#1001",
  test: true,
  email: "jane.doe@example.com",
  currency: "EUR",
  total_price: "42.00",
  financial_status: "paid",
  fulfillment_status: null,
  cancelled_at: null,
  updated_at: "2026-01-01T00:00:00Z",
  line_items: [{ sku: "TSHIRT-M", quantity: 2, price: "21.00", variant_id: 11 }],
  shipping_address: { name: "Jane Doe", address1: "1 Long Street", city: "Utrecht", country_code: "NL", zip: "3511" },
  customer: { first_name: "Jane", last_name: "Doe", phone: "+31201234567" },
  note_attributes: [],
  ...members,
});

/** A Stripe event about one payment intent. */
export const paymentEvent = (
  id: string,
  type: string,
  intent: string,
  members: { readonly [name: string]: Json } = {},
): Json => ({
  id,
  object: "event",
  type,
  created: 1_767_225_600,
  livemode: false,
  data: {
    object: { id: intent, object: "payment_intent", amount: 4200, currency: "eur", status: "succeeded", ...members },
  },
});

/** A Printful event about one of its orders. */
export const printfulEvent = (type: string, order: number, externalId: string | null = null): Json => ({
  type,
  occurred_at: "2026-01-01T00:00:00Z",
  retries: 0,
  store_id: 77,
  data: { order: { id: order, external_id: externalId, status: "pending" } },
});

/** Columns of a tenant's table, read as the tenant, ordered by the first. */
export const rowsOf = <T extends object>(shop: Shop, tenant: string, table: string, columns: string): Promise<T[]> =>
  inTenant(shop.database, tenant, async (sql) => [
    ...(await sql.unsafe<T[]>(`select ${columns} from ${table} where tenant_id = require_tenant_context() order by 1`)),
  ]);

export interface InboundRow {
  readonly event_id: string;
  readonly source_event_id: string;
  readonly processing_status: string;
  readonly status_reason: string | null;
  readonly run_id: string | null;
  readonly duplicates: number;
  readonly ordering_incomplete: boolean;
  readonly seq: number;
  readonly payload_json: string;
}

/** The stored events of one provider id. */
export async function inbound(shop: Shop, id: string, tenant: string = SHOP): Promise<readonly InboundRow[]> {
  const columns = `event_id, source_event_id, processing_status, status_reason, run_id, duplicates, ordering_incomplete,
    seq, payload_json`;
  const rows = await rowsOf<InboundRow>(shop, tenant, "inbound_event", columns);
  return rows.filter((row) => row.source_event_id === id);
}

export interface EntityState {
  readonly version: number;
  readonly state: { readonly [member: string]: Json };
}

/** An entity's present version and state. */
export async function entity(shop: Shop, entityId: string): Promise<EntityState | undefined> {
  const rows = await rowsOf<{ entity_id: string; version: number; state: string }>(
    shop,
    SHOP,
    "entity",
    "entity_id, version, state",
  );
  const row = rows.find(({ entity_id }) => entity_id === entityId);
  return row && { version: row.version, state: JSON.parse(row.state) };
}

/** Writes members of an entity's state as the next version, as a tool's effect does. */
export async function setMembers(shop: Shop, entityId: string, members: JsonObject): Promise<void> {
  await inTenant(shop.database, SHOP, async (sql) => {
    const [row] = await entitiesById(sql, [entityId]);
    assert(row !== undefined, "the entity is known");
    const before: JsonObject = JSON.parse(row.state);
    const state = { ...before, ...members };
    await writeEntity(sql, {
      entityType: row.entity_type,
      entityId,
      version: row.version + 1,
      state: JSON.stringify(state),
      stateSha256: digestOf(state),
      patch: JSON.stringify(createPatch(before, state)),
      correlationId: shop.host.ids.next(),
      by: null,
      at: shop.host.clock.now(),
    });
  });
}

export interface AuditRow {
  readonly seq: number;
  readonly type: string;
  readonly severity: string;
  readonly payload: string;
}

/** What the tenant's audit stream holds. */
export const audited = (shop: Shop, tenant: string = SHOP): Promise<readonly AuditRow[]> =>
  inTenant(shop.database, tenant, async (sql) => [
    ...(await sql<AuditRow[]>`
      select seq, type, severity, payload from event
       where tenant_id = require_tenant_context() and stream = 'audit' order by seq`),
  ]);
