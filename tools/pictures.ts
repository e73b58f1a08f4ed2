import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { activatePack, addKey, createApp, serve } from "../src/api/index.ts";
import { type DemoClient, demoClient, listOf } from "../src/cli/demo/client.ts";
import { type Played, playDemo } from "../src/cli/demo/play.ts";
import { memberOf } from "../src/cli/demo/release-steps.ts";
import { placeOrder, quiet, requestRefund, textOf } from "../src/cli/demo/scenario.ts";
import { assert, systemHost } from "../src/contracts/index.ts";
import { approverKey, playWaivers, trusting } from "./pictured-waivers.ts";

const USAGE = `usage: pictures.js [--out FOLDER] [--only NAME]
Plays the demo on a database of its own and takes a picture of every screen of the console, or of those whose name begins so, at 390,
820 and 1440 px, light and dark, into FOLDER (docs/images/console by default). Needs Chromium; COUNTERMARK_CHROMIUM names one.
Ends with 1 where a screen is wider than its window.`;

/** The tenant in which orders are placed, and the one in which their pack is released. */
const [SHOP, PRODUCTION] = ["shop", "production"] as const;

const WIDTHS = [1440, 820, 390] as const;
const THEMES = ["light", "dark"] as const;
/** A screen is drawn from its top to here, in pixels: what a person sees first, and somewhat more. */
const HEIGHT = { min: 640, max: 1_500 } as const;
const QUALITY = 70;
/** What comes with the live connection, and what fades in, has come by then. */
const SETTLED_MS = 700;

const BUILT = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** A screen by its name, and where it is. */
type Screens = readonly (readonly [name: string, path: string])[];

interface Drawing {
  readonly out: string;
  /** With what the names of the screens begin that are drawn. */
  readonly only: string;
}

/** Draws every screen of what was played; names those that are wider than their window. */
async function draw(
  { installation, simulators, operator, pack }: Played,
  drawing: Drawing,
): Promise<readonly string[]> {
  await activatePack(installation, { tenantId: SHOP, pack, by: "demo" });
  const { clock, random } = systemHost();
  const order = placeOrder({ simulators, random });
  await quiet({ simulators, operator });
  const refund = await requestRefund({ operator, tenantId: SHOP }, order);
  const keyOf = async (tenantId: string): Promise<string> =>
    (await addKey(installation, { tenantId, principalId: "olga", kind: "person", role: "admin", by: "demo" })).key;
  const keys = [await keyOf(SHOP), await keyOf(PRODUCTION)];
  const key = approverKey({ random });
  const app = createApp(trusting(installation, key), { consoleDirectory: BUILT });
  const { origin, close } = await serve(app, { port: 0 });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  try {
    const context = await browser.newContext();
    for (const key of keys) await signIn(context, origin, key);
    const released = demoClient({ fetch, origin, key: keys[1] ?? "", clock });
    const screens = [
      ...shopScreens({
        run: refund,
        done: await operator.newestRun("P1-WF01"),
        approval: await operator.approvalOf(refund),
      }),
      ...(await releaseScreens(released)),
    ];
    const wide = await drawAll(context, { ...drawing, origin, screens });
    const waived = await playWaivers({ installation, tenantId: PRODUCTION, origin, asks: released, key });
    return [...wide, ...(await drawAll(context, { ...drawing, origin, screens: waiverScreens(waived) }))];
  } finally {
    await browser.close();
    await close();
  }
}

interface Shop {
  readonly run: string;
  readonly done: string;
  readonly approval: string;
}

function shopScreens({ run, done, approval }: Shop): Screens {
  const at = (path: string): string => `/t/${SHOP}/${path}`;
  return [
    ["runs", at("runs")],
    ["run", at(`runs/${done}`)],
    ["run-waiting", at(`runs/${run}?step=execute`)],
    ["inbox", at("inbox")],
    ["approval", at(`inbox?approval=${approval}`)],
    ["decided", at("inbox?all=true")],
    ["ledger", at("ledger?span=all")],
    ["streams", at("ledger?tab=streams")],
    ["event", at(`ledger/${done}?seq=7`)],
    ["receipts", at("ledger?tab=receipts")],
    ["health", at("health")],
    ["settings", at("settings")],
    ["runbook", at("runbook")],
  ];
}

async function releaseScreens(client: DemoClient): Promise<Screens> {
  const evaluations = listOf(await client.get("/v1/gates/evaluations?limit=200"), "evaluations");
  const noGo = evaluations.find((one) => memberOf(one, "verdict") === "NO-GO");
  assert(noGo !== undefined, "the demo has a version that is stopped");
  const go = evaluations.find(
    (one) => memberOf(one, "verdict") !== "NO-GO" && memberOf(one, "policy_id") === memberOf(noGo, "policy_id"),
  );
  assert(go !== undefined, "the demo has a version that goes through the same gate");
  const [bundle] = listOf(await client.get("/v1/bundles?limit=1"), "bundles");
  assert(bundle !== undefined, "the demo has bundles");
  const [passed, stopped] = [go, noGo].map((one) => textOf(one, "evaluation_id"));
  const { decision } = Object(await client.get(`/v1/gates/evaluations/${stopped}?packet=none`));
  const at = (path: string): string => `/t/${PRODUCTION}${path}`;
  const held = at(`/releases/${textOf(bundle, "bundle_id")}`);
  return [
    ["home", at("")],
    ["gates", at("/gates")],
    ["policies", at("/gates?tab=policies")],
    ["policy", at(`/gates/policies/${textOf(decision.policy, "digest")}`)],
    ["decision", at(`/gates/${stopped}`)],
    ["decision-go", at(`/gates/${passed}`)],
    ["compare", at(`/gates/compare?a=${stopped}&b=${passed}`)],
    ["releases", at("/releases")],
    ["environment", at("/releases#prod")],
    ["bundles", at("/releases?tab=bundles")],
    ["bundle", held],
    ["lineage", `${held}/lineage`],
    ["sign-in", "/sign-in"],
  ];
}

const waiverScreens = (evaluation: string): Screens => [
  ["waivers", `/t/${PRODUCTION}/gates?tab=waivers`],
  ["waivers-decision", `/t/${PRODUCTION}/gates/${evaluation}`],
];

/** Draws those of the screens that are to be drawn; names those that are wider than their window. */
async function drawAll(
  context: BrowserContext,
  { origin, screens, out, only }: Drawing & { readonly origin: string; readonly screens: Screens },
): Promise<readonly string[]> {
  const wide: string[] = [];
  for (const [name, path] of screens.filter(([one]) => one.startsWith(only)))
    wide.push(...(await drawScreen(context, { name, url: `${origin}${path}`, out })));
  return wide;
}

interface Screen {
  readonly name: string;
  readonly url: string;
  readonly out: string;
}

/** Draws one screen at each width in each theme; the pictures of it that are wider than their window. */
async function drawScreen(context: BrowserContext, { name, url, out }: Screen): Promise<readonly string[]> {
  const page = await context.newPage();
  const wide: string[] = [];
  try {
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHT.min });
      await page.goto(url);
      await settled(page);
      const height = Number(await page.evaluate("document.documentElement.scrollHeight"));
      await page.setViewportSize({ width, height: Math.min(HEIGHT.max, Math.max(HEIGHT.min, height)) });
      await settled(page);
      if (Number(await page.evaluate("document.documentElement.scrollWidth")) > width) wide.push(`${name} at ${width}`);
      for (const colorScheme of THEMES) {
        await page.emulateMedia({ colorScheme });
        await writeFile(join(out, `${name}-${width}-${colorScheme}.webp`), await picture(page));
      }
    }
  } finally {
    await page.close();
  }
  return wide;
}

async function settled(page: Page): Promise<void> {
  await page.locator("main h1, .verdict").first().waitFor();
  await page.waitForTimeout(SETTLED_MS);
  while ((await page.locator(".loading").count()) > 0)
    await page.locator(".loading").first().waitFor({ state: "detached" });
}

/** As WebP, which a screen needs a third of the bytes for that PNG takes. */
async function picture(page: Page): Promise<Buffer> {
  const devtools = await page.context().newCDPSession(page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  await devtools.detach();
  return Buffer.from(data, "base64");
}

async function signIn(context: BrowserContext, origin: string, key: string): Promise<void> {
  const headers = { "console-tenant": "", "content-type": "application/json" };
  const signed = await context.request.post(`${origin}/session`, { headers, data: { key } });
  assert(signed.ok(), "a new key signs in");
}

function chromiumPath(): string {
  const places = [process.env.COUNTERMARK_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"];
  const path = places.find((place) => place !== "" && existsSync(place));
  assert(path !== undefined, "there is a Chromium");
  return path;
}

function parseDrawing(args: readonly string[]): Drawing | undefined {
  try {
    const options = { out: { type: "string" }, only: { type: "string" } } as const;
    const { out = "docs/images/console", only = "" } = parseArgs({ args: [...args], options }).values;
    return { out, only };
  } catch {
    return undefined; // an option that is not ours: the usage says which are
  }
}

async function main(drawing: Drawing): Promise<void> {
  await mkdir(drawing.out, { recursive: true });
  const tell = (what: string): void => console.error(what);
  const visit = async (played: Played): Promise<void> => {
    const wide = await draw(played, drawing);
    for (const one of wide) tell(`wider than its window: ${one} px`);
    if (wide.length > 0) process.exitCode = 1;
  };
  await playDemo({ host: systemHost(), seed: 1, orders: 25, server: null, tell, visit });
}

if (process.argv[1] === import.meta.filename) {
  const drawing = parseDrawing(process.argv.slice(2));
  if (drawing === undefined) console.error(USAGE);
  if (drawing === undefined) process.exitCode = 2;
  else await main(drawing);
}
