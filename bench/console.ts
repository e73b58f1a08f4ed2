import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Browser, type BrowserContext, type CDPSession, chromium } from "playwright-core";
import { addKey, createApp, openInstallation, serve } from "../src/api/index.ts";
import { systemHost } from "../src/contracts/index.ts";
import { freshDatabase } from "./bench-database.ts";
import { Lacking } from "./lacking.ts";
import { driveLongRun, longRunTools } from "./long-run.ts";
import { median } from "./pairs.ts";
import { tenantOf } from "./subject.ts";

/** Opening one screen of the console in a browser that was never here: medians, and the slowest of the rounds. */
export interface ConsoleFigure {
  readonly screen: string;
  /** From asking for the page until all that a person sees first is drawn and a key that was pressed is answered. */
  readonly interactive_ms: number;
  readonly slowest_ms: number;
  readonly first_paint_ms: number;
  /** What the page's main thread worked until then. */
  readonly page_cpu_ms: number;
  /** What this process works to answer the screen's requests, asked again one after the other; without PostgreSQL. */
  readonly server_cpu_ms: number;
  /** Of data, without the built files. */
  readonly requests: number;
  readonly data_kib: number;
}

export interface ConsoleOptions {
  readonly url: string;
  readonly database: string;
  /** Of the long run. */
  readonly events: number;
  readonly rounds: number;
}

export interface ConsoleMeasured {
  readonly settings: { readonly [name: string]: string | number };
  readonly figures: readonly ConsoleFigure[];
}

const BUILT = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** What a person sees first of each screen. */
const SEEN: { readonly [screen: string]: readonly string[] } = {
  home: [".verdict .sentence >> nth=1", ".figures .figure >> nth=0"],
  runs: [".list .row >> nth=0"],
  run: ["h1", ".graph .node >> nth=0", ".bars .bar >> nth=0", ".event >> nth=0"],
};

/** Makes a tenant with one long run, serves it from this process, and opens screens of it in Chromium. */
export async function measureConsole({ url, database, events, rounds }: ConsoleOptions): Promise<ConsoleMeasured> {
  const directory = await mkdtemp(join(tmpdir(), "countermark-bench-"));
  const tools = longRunTools(events);
  const installation = await openInstallation({
    host: systemHost(),
    directory,
    server: { url: await freshDatabase(url, database) },
    migrate: true,
    tools,
    tier: "HARDENED",
  });
  const run = await driveLongRun(installation, { tools, events });
  await installation.database.owner`vacuum (analyze)`;
  const { key } = await addKey(installation, {
    tenantId: tenantOf(0),
    principalId: "olga",
    kind: "person",
    role: "operator",
    by: "bench",
  });
  const app = createApp(installation, { consoleDirectory: BUILT });
  const listening = await serve(app, { port: 0 });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
  const paths = { home: "", runs: "/runs", run: `/runs/${run.runId}` };
  const figures: ConsoleFigure[] = [];
  try {
    for (const [screen, path] of Object.entries(paths)) {
      const opened: Opened[] = [];
      for (let round = 0; round <= rounds; round++) {
        const one = await opening(browser, { origin: listening.origin, key, path, seen: SEEN[screen] ?? [] });
        if (round > 0) opened.push(one);
      }
      const cpu = await cpuOf((path) => app.request(path, { headers: { authorization: `Bearer ${key}` } }), opened);
      figures.push(figureOf(screen, opened, cpu));
    }
  } finally {
    await browser.close();
    await listening.close();
    await installation.close();
    await rm(directory, { recursive: true, force: true });
  }
  return { settings: { chromium: browser.version(), events: run.events, ...builtSizes() }, figures };
}

interface Opened {
  readonly interactiveMs: number;
  readonly firstPaintMs: number;
  readonly pageCpuMs: number;
  readonly paths: readonly string[];
  readonly bytes: number;
}

interface Asked {
  readonly origin: string;
  readonly key: string;
  readonly path: string;
  readonly seen: readonly string[];
}

/** One opening in a browser profile of its own, so that nothing is cached. */
async function opening(browser: Browser, { origin, key, path, seen }: Asked): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    await signIn(context, origin, key);
    const page = await context.newPage();
    const metrics = await page.context().newCDPSession(page);
    await metrics.send("Performance.enable");
    const answers: { readonly path: string; readonly bytes: Promise<number> }[] = [];
    page.on("response", (response) => {
      const { pathname, search } = new URL(response.url());
      if (!pathname.startsWith("/v1/") || pathname === "/v1/changes") return;
      answers.push({ path: pathname + search, bytes: response.body().then(({ length }) => length) });
    });
    await page.goto(`${origin}/t/${tenantOf(0)}${path}`, { waitUntil: "commit" });
    await Promise.all(seen.map((one) => page.locator(one).waitFor()));
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys of this page" }).waitFor();
    const interactiveMs = Number(await page.evaluate("performance.now()"));
    const pageCpuMs = await taskMs(metrics);
    const paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime");
    const bytes = await Promise.all(answers.map((answer) => answer.bytes));
    return {
      interactiveMs,
      firstPaintMs: Number(paint),
      pageCpuMs,
      paths: answers.map((answer) => answer.path),
      bytes: bytes.reduce((sum, one) => sum + one, 0),
    };
  } finally {
    await context.close();
  }
}

async function signIn(context: BrowserContext, origin: string, key: string): Promise<void> {
  const headers = { "console-tenant": "", "content-type": "application/json" };
  const signed = await context.request.post(`${origin}/session`, { headers, data: { key } });
  if (!signed.ok()) throw new Error(`signing in answered ${signed.status()}`);
}

async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1_000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? 0);
}

/** CPU of this process for each round's requests, in milliseconds. */
async function cpuOf(
  ask: (path: string) => Response | Promise<Response>,
  opened: readonly Opened[],
): Promise<readonly number[]> {
  const spent: number[] = [];
  for (const { paths } of opened) {
    const before = process.cpuUsage();
    for (const path of paths) await (await ask(path)).arrayBuffer();
    const { user, system } = process.cpuUsage(before);
    spent.push((user + system) / 1_000);
  }
  return spent;
}

function figureOf(screen: string, opened: readonly Opened[], cpu: readonly number[]): ConsoleFigure {
  const of = (value: (one: Opened) => number): number => Math.round(median(opened.map(value)));
  return {
    screen,
    interactive_ms: of(({ interactiveMs }) => interactiveMs),
    slowest_ms: Math.round(Math.max(...opened.map(({ interactiveMs }) => interactiveMs))),
    first_paint_ms: of(({ firstPaintMs }) => firstPaintMs),
    page_cpu_ms: of(({ pageCpuMs }) => pageCpuMs),
    server_cpu_ms: Math.round(median(cpu)),
    requests: of(({ paths }) => paths.length),
    data_kib: of(({ bytes }) => bytes / 1_024),
  };
}

/** KiB of the built files as they are sent: what the first page names, and all of them. */
function builtSizes(): { readonly first_load_kib: number; readonly all_kib: number } {
  const index = readFileSync(join(BUILT, "index.html"), "utf8");
  const files = readdirSync(join(BUILT, "assets"));
  const kib = (names: readonly string[]): number =>
    Math.round(
      names.reduce((sum, name) => sum + gzipSync(readFileSync(join(BUILT, "assets", name))).length, 0) / 102.4,
    ) / 10;
  return { first_load_kib: kib(files.filter((name) => index.includes(name))), all_kib: kib(files) };
}

function chromiumPath(): string {
  const path = [process.env.COUNTERMARK_CHROMIUM ?? "", "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
    (place) => place !== "" && existsSync(place),
  );
  if (path === undefined) throw new Lacking("install Chromium, or name it in COUNTERMARK_CHROMIUM");
  return path;
}
