import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { activatePack, createApp, type Installation, openInstallation, serve } from "../../api/index.ts";
import { after, assert, type Host, seededRandom } from "../../contracts/index.ts";
import { releaseHeld } from "../../ingress/index.ts";
import { type Simulators, simulatorKeys, startSimulators } from "../../packs/commerce/simulators/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { ConnectionOptions } from "../../store/index.ts";
import { type DemoClient, demoClient } from "./client.ts";
import { demoPack } from "./demo-pack.ts";
import { furnish } from "./furnish.ts";
import { withReleaseStage } from "./release-stage.ts";
import { playReleases } from "./releases.ts";
import { type DemoReport, demoReport } from "./report.ts";
import { playScenario } from "./scenario.ts";

export interface DemoOptions {
  readonly host: Host;
  readonly seed: number;
  readonly orders: number;
  /** A database nobody else uses; null makes an embedded one for the demo and removes it afterwards. */
  readonly server: ConnectionOptions | null;
  /** Told what is being shown now. */
  readonly tell: (what: string) => void;
  /** Looks at what was played before it is taken down, while its worker and its shop are still there. */
  readonly visit?: (played: Played) => Promise<void>;
}

/** What a visitor finds. */
export interface Played {
  readonly installation: Installation;
  readonly simulators: Simulators;
  readonly operator: DemoClient;
  /** With the patience of everyday, which the last scene took from it. */
  readonly pack: CompiledPack;
}

/** Seconds that an approver has: more than a busy machine needs to get there. */
const APPROVAL_SECONDS = 300;

/** The same for the approval that is left to expire. */
const EXPIRY_SECONDS = 2;

const TENANT = "shop";

/** Plays the fixed scenario on a fresh database, over HTTP like anybody else, and reads back what became of it. */
export async function playDemo(options: DemoOptions): Promise<DemoReport> {
  const { host } = options;
  const startedAt = host.clock.now();
  const directory = await mkdtemp(join(tmpdir(), "countermark-demo-"));
  try {
    return await withInstallation(options, directory, async (installation) =>
      withSimulators(options, async (simulators, keys) => {
        const report = await play(options, { installation, directory, simulators, keys });
        return { ...report, seconds: Math.round((host.clock.now() - startedAt) / 100) / 10 };
      }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

interface Set {
  readonly installation: Installation;
  readonly directory: string;
  readonly simulators: Simulators;
  readonly keys: ReturnType<typeof simulatorKeys>;
}

async function play(
  { host, seed, orders, tell, visit }: DemoOptions,
  { installation, directory, simulators, keys }: Set,
): Promise<DemoReport> {
  const { shopDomain: shopHost } = keys.shopify;
  const { pack } = demoPack({ shopHost, approvalSeconds: APPROVAL_SECONDS });
  const impatient = demoPack({ shopHost, approvalSeconds: EXPIRY_SECONDS }).pack;
  const trouble: unknown[] = [];
  const worker = installation.newWorker({ onTrouble: (_runId, error) => void trouble.push(error) });
  const app = createApp(installation, { nudge: () => worker.nudge() });
  const server = await serve(app, { port: 0 });
  try {
    const demoKeys = await furnish({
      installation,
      simulators,
      simulatorKeys: keys,
      tenantId: TENANT,
      pack,
      origin: server.origin,
    });
    const clientOf = (key: string) =>
      demoClient({ fetch: (request) => app.fetch(request), origin: server.origin, key, clock: host.clock });
    worker.start();
    const operator = clientOf(demoKeys.operator);
    const stage = {
      simulators,
      operator,
      approver: clientOf(demoKeys.approver),
      intern: clientOf(demoKeys.intern),
      tenantId: TENANT,
      hurryApprovers: async () => {
        await activatePack(installation, { tenantId: TENANT, pack: impatient, by: "demo" });
      },
    };
    await playScenario({ ...stage, clock: host.clock, random: seededRandom(seed), tell }, orders);
    await releaseHeld(installation, TENANT);
    await operator.untilRest();
    tell("reading back, verifying and replaying");
    assert(trouble.length === 0, `no run was in trouble: ${String(trouble[0])}`);
    const report = await demoReport({ installation, simulators, tenantId: TENANT, seed, seconds: 0 });
    const release = await withReleaseStage(
      { host, seed, tell, installation, directory, app, origin: server.origin },
      playReleases,
    );
    assert(trouble.length === 0, `no run was in trouble: ${String(trouble[0])}`);
    await visit?.({ installation, simulators, operator, pack });
    return { ...report, release };
  } finally {
    await server.close();
    await worker.stop();
  }
}

async function withInstallation<T>(
  options: DemoOptions,
  directory: string,
  work: (installation: Installation) => Promise<T>,
): Promise<T> {
  const { tools } = demoPack({ shopHost: "countermark-demo.myshopify.com", approvalSeconds: APPROVAL_SECONDS });
  const { host, server } = options;
  const installation = await openInstallation({ host, directory, server, migrate: true, tools, tier: "HARDENED" });
  try {
    return await work(installation);
  } finally {
    await installation.close();
  }
}

/** The simulators' ids, keys and amounts follow the seed; so do all orders. */
async function withSimulators<T>(
  { host, seed }: DemoOptions,
  work: (simulators: Simulators, keys: ReturnType<typeof simulatorKeys>) => Promise<T>,
): Promise<T> {
  const random = seededRandom(seed);
  const keys = simulatorKeys(random);
  const simulators = await startSimulators({ host: { ...host, random }, keys });
  try {
    return await work(simulators, keys);
  } finally {
    await simulators.close();
  }
}

/** A pause that nothing can cut short but time. */
export const pause = (host: Host, ms: number): Promise<void> =>
  host.clock.wake(after(host.clock.now(), ms), new AbortController().signal);
