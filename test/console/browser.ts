import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import {
  addKey,
  addTenant,
  createApp,
  type Installation,
  type Listening,
  openInstallation,
  PLATFORM,
  serve,
} from "../../src/api/index.ts";
import { type DemoClient, demoClient } from "../../src/cli/demo/client.ts";
import { demoTools } from "../../src/cli/demo/demo-pack.ts";
import { type DevShop, startDevShop } from "../../src/cli/demo/dev-shop.ts";
import { orderIdOf, placeOrder, quiet, requestRefund } from "../../src/cli/demo/scenario.ts";
import type { Role } from "../../src/guard/index.ts";
import { inTenant } from "../../src/store/index.ts";
import { freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";

/** Where a Chromium may be, the first that exists; the variable names another. */
const PLACES = [
  process.env.COUNTERMARK_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

export const CHROMIUM = PLACES.find((path) => path !== "" && existsSync(path));

/** Told by tests that are skipped where there is no browser. In CI there has to be one. */
export const NO_BROWSER = "needs Chromium: install it, or name it in COUNTERMARK_CHROMIUM";
if (CHROMIUM === undefined && process.env.CI !== undefined) throw new Error(NO_BROWSER);

/** The console as it was built last. */
export const BUILT = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** A name of the server that to the browser is another machine, so that over plain http its pages are not trusted. */
export const ELSEWHERE = "console.example";

export const TENANT = "shop";
export const OTHER = "other";

/** A running server with the demo shop, its customers and its console, and a browser to look at it. */
export interface ConsoleStage {
  readonly origin: string;
  readonly shop: DevShop;
  readonly operator: DemoClient;
  /** A tab of a browser of its own, signed in as a new person by link. */
  open(principal: string, role: Role, path?: string): Promise<Page>;
  /** A key of a new person. */
  keyOf(principal: string, role: Role, tenant?: string): Promise<string>;
  /** A refund that waits for approval: its run, and the order it is about. */
  refund(): Promise<{ readonly runId: string; readonly orderId: string }>;
  /** Has a service's breaker open, as its failures would. */
  openBreaker(service: string): Promise<void>;
  /** How many listen to the server's changes just now. */
  listeners(): number;
  /** Cuts every connection, and answers none until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Opens the stage before the tests of a file and closes it after them. */
export function useStage(): () => ConsoleStage {
  let open: Awaited<ReturnType<typeof openStage>>;
  beforeAll(async () => {
    open = await openStage();
  });
  afterAll(() => open.close());
  return () => open.stage;
}

async function openStage() {
  const directory = await mkdtemp(join(tmpdir(), "countermark-console-"));
  const database = await freshDatabase();
  const installation = await openInstallation({
    host: realHost,
    directory,
    server: database.options,
    migrate: false,
    tools: demoTools(),
    tier: "HARDENED",
  });
  for (const tenantId of [PLATFORM, TENANT, OTHER])
    await addTenant(installation, { tenantId, name: tenantId, mode: "sandbox", by: "test" });
  const worker = installation.newWorker();
  worker.start();
  const app = createApp(installation, { nudge: () => worker.nudge(), consoleDirectory: BUILT });
  const { served, listeners } = counted(app);
  let listening: Listening = await serve(served, { port: 0 });
  const { origin, port } = listening;
  const keyOf: ConsoleStage["keyOf"] = async (principalId, role, tenantId = TENANT) =>
    (await addKey(installation, { tenantId, principalId, kind: "person", role, by: "test" })).key;
  const shop = await startDevShop({ installation, tenantId: TENANT, origin, onTrouble: () => undefined });
  const operator = demoClient({
    fetch: (request) => app.fetch(request),
    origin,
    key: await automationKey(installation),
    clock: realHost.clock,
  });
  const browser = await chromium.launch({
    executablePath: CHROMIUM ?? "",
    args: ["--no-sandbox", `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`],
  });
  const stage: ConsoleStage = {
    origin,
    shop,
    operator,
    keyOf,
    async open(principal, role, path = "") {
      return openTab(browser, origin, { key: await keyOf(principal, role), path });
    },
    async refund() {
      const order = placeOrder({ simulators: shop.simulators, random: realHost.random });
      await quiet({ simulators: shop.simulators, operator });
      const runId = await requestRefund({ operator, tenantId: TENANT }, order);
      return { runId, orderId: orderIdOf(TENANT, order) };
    },
    openBreaker: (service) => openBreaker(installation, service),
    listeners,
    cut: () => listening.close(),
    async mend() {
      listening = await serve(served, { port });
    },
  };
  return {
    stage,
    async close() {
      await browser.close();
      await shop.close();
      await listening.close();
      await worker.stop();
      await installation.close();
      await database.drop();
      await rm(directory, { recursive: true });
    },
  };
}

/** Its revision is one that no call has reached: what the shop's calls say of it meanwhile counts for nothing. */
const openBreaker = (installation: Installation, service: string): Promise<void> =>
  inTenant(installation.database, TENANT, async (sql) => {
    await sql`
      insert into breaker (tenant_id, breaker_id, state, failure_times, success_count, probe_count, opened_at, expires_at, revision)
      values (${TENANT}, ${service}, 'OPEN', '{}', 0, 0, clock(), clock() + interval '1 hour', 1000)
          on conflict (tenant_id, breaker_id) do update
         set state = 'OPEN', opened_at = clock(), expires_at = excluded.expires_at, revision = breaker.revision + 1000`;
  });

/** An app that counts the streams of changes that it has open: each ends when its listener goes, or when it is done. */
function counted(app: ReturnType<typeof createApp>) {
  let open = 0;
  const served = {
    async fetch(request: Request): Promise<Response> {
      const response = await app.fetch(request);
      if (new URL(request.url).pathname !== "/v1/changes" || response.body === null) return response;
      open += 1;
      const ended = new TransformStream<Uint8Array, Uint8Array>();
      const leave = (): void => {
        open -= 1;
      };
      void response.body.pipeTo(ended.writable).then(leave, leave);
      return new Response(ended.readable, response);
    },
  };
  return { served, listeners: () => open };
}

/** Another key of the demo's automation, to which the pack's scopes grant the shop's tools. */
const automationKey = async (installation: Installation): Promise<string> =>
  (
    await addKey(installation, {
      tenantId: TENANT,
      principalId: "shop-automation",
      kind: "service",
      role: "operator",
      by: "test",
    })
  ).key;

/** A tab of a browser of its own, signed in by a link that a key made; where no path is given, at home. */
export async function openTab(
  browser: Browser,
  origin: string,
  { key, path, tenant = TENANT }: { readonly key: string; readonly path: string; readonly tenant?: string },
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const made = await fetch(`${origin}/v1/sign-in-codes`, { method: "POST", headers, body: "{}" });
  const { path: link } = Object(await made.json());
  await page.goto(`${origin}${link}`);
  await page.getByRole("heading", { name: "Is it safe?" }).waitFor();
  if (path !== "") await page.goto(`${origin}/t/${tenant}/${path}`);
  return page;
}
