import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import {
  activatePack,
  addKey,
  addTenant,
  createApp,
  type Installation,
  openInstallation,
  PLATFORM,
} from "../../src/api/index.ts";
import { after, type JsonObject } from "../../src/contracts/index.ts";
import type { PrincipalKind, Role } from "../../src/guard/index.ts";
import type { Worker } from "../../src/worker/index.ts";
import { type FreshDatabase, freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { asRun, type Got, type Run, read } from "./answer.ts";
import { type TillPack, tillPack } from "./pack.ts";

/** One principal's way to ask. */
export interface Client {
  readonly key: string;
  get(path: string, headers?: Record<string, string>): Promise<Got>;
  post(path: string, body?: JsonObject, headers?: Record<string, string>): Promise<Got>;
}

/** The API over a real database with one worker; `shop` has the till's pack, `other` is another tenant that has it too. */
export interface HttpBench {
  readonly installation: Installation;
  readonly app: ReturnType<typeof createApp>;
  readonly till: TillPack;
  readonly database: FreshDatabase;
  /** Of the installation's own files. */
  readonly directory: string;
  client(
    principal: string,
    role: Role,
    options?: { readonly tenant?: string; readonly kind?: PrincipalKind },
  ): Promise<Client>;
  anonymous: Client;
  /** Asks for a run until `isThere` holds: the worker commits when it commits. */
  until(ask: () => Promise<Got>, isThere: (run: Run) => boolean): Promise<Got<Run>>;
}

export const SHOP = "test_shop";
export const OTHER = "test_other";

/** Opens the bench before the tests of a file and closes it after them. */
export function useBench(pack: Parameters<typeof tillPack>[0] = {}): () => HttpBench {
  let open: Awaited<ReturnType<typeof openBench>>;
  beforeAll(async () => {
    open = await openBench(pack);
  });
  afterAll(() => open.close());
  return () => open.bench;
}

async function openBench(options: Parameters<typeof tillPack>[0]) {
  const till = tillPack(options);
  const directory = await mkdtemp(join(tmpdir(), "countermark-http-"));
  const database = await freshDatabase();
  const installation = await openInstallation({
    host: realHost,
    directory,
    server: database.options,
    migrate: false,
    tools: till.tools,
    tier: "HARDENED",
  });
  for (const tenantId of [PLATFORM, SHOP, OTHER]) {
    await addTenant(installation, { tenantId, name: tenantId, mode: "sandbox", by: "test" });
  }
  for (const tenantId of [SHOP, OTHER]) await activatePack(installation, { tenantId, pack: till.pack, by: "test" });
  const troubles: unknown[] = [];
  const worker: Worker = installation.newWorker({ onTrouble: (_run, error) => troubles.push(error) });
  worker.start();
  const app = createApp(installation, {
    nudge: () => worker.nudge(),
    version: "9.9.9-test",
    onTrouble: (error) => troubles.push(error),
  });
  const bench: HttpBench = {
    installation,
    app,
    till,
    database,
    directory,
    anonymous: clientOf(app, ""),
    async client(principalId, role, { tenant: tenantId = SHOP, kind = "person" } = {}) {
      const { key } = await addKey(installation, { tenantId, principalId, kind, role, by: "test" });
      return clientOf(app, key);
    },
    until,
  };
  return {
    bench,
    async close() {
      await worker.stop();
      await installation.close();
      await database.drop();
      await rm(directory, { recursive: true });
      if (troubles.length > 0) throw troubles[0];
    },
  };
}

function clientOf(app: HttpBench["app"], key: string): Client {
  const authorization: Record<string, string> = key === "" ? {} : { authorization: `Bearer ${key}` };
  return {
    key,
    get: async (path, headers = {}) => read(await app.request(path, { headers: { ...authorization, ...headers } })),
    post: async (path, body = {}, headers = {}) =>
      read(
        await app.request(path, {
          method: "POST",
          body: JSON.stringify(body),
          headers: { ...authorization, "content-type": "application/json", ...headers },
        }),
      ),
  };
}

/** Polls of a condition; each costs a query, and the worker needs a few milliseconds in between. */
const LOOKS_MAX = 250;

async function until(ask: () => Promise<Got>, isThere: (run: Run) => boolean): Promise<Got<Run>> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const got = asRun(await ask());
    if (isThere(got.body)) return got;
    const now = realHost.clock.now();
    await realHost.clock.wake(after(now, 20), new AbortController().signal);
  }
  const { status, why } = asRun(await ask()).body;
  throw new Error(`it never came: ${status}, ${why}`);
}

let orders = 0;

/** An order of the shop that no other test has. */
export const freshOrder = (tenant = SHOP): string => `${tenant}_ord_${++orders}`;
