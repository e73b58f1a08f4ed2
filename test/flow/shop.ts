import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addTenant } from "../../src/api/administer.ts";
import { type Installation, type InstallationOptions, openInstallation } from "../../src/api/installation.ts";
import { after, assert } from "../../src/contracts/index.ts";
import type { Tool } from "../../src/guard/index.ts";
import type { CompiledPack } from "../../src/run/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import type { Worker } from "../../src/worker/index.ts";
import { freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";
import { flowPack, flowTools, type PackPlan } from "./pack.ts";
import { Provider } from "./provider.ts";
import { type SettableClock, settableClock } from "./settable-clock.ts";
import { FlowTenant } from "./tenant.ts";

/** Real milliseconds between two looks at what a test waits for, and how long it waits at most. */
const LOOK_MS = 10;
const PATIENCE_MS = 120_000;

/** An installation on a fresh database with a worker that runs, and tenants that know nothing of each other. */
export class FlowShop {
  readonly installation: Installation;
  readonly clock: SettableClock;
  readonly provider: Provider;
  readonly tenants: FlowTenant[] = [];
  readonly #tools: readonly Tool[];
  readonly #patienceMs: number;
  readonly #giveBack: () => Promise<void>;
  readonly #troubles: unknown[] = [];
  #worker: Worker | null = null;

  constructor(parts: {
    readonly installation: Installation;
    readonly clock: SettableClock;
    readonly provider: Provider;
    readonly tools: readonly Tool[];
    readonly giveBack: () => Promise<void>;
    readonly patienceMs: number;
  }) {
    this.#patienceMs = parts.patienceMs;
    this.installation = parts.installation;
    this.clock = parts.clock;
    this.provider = parts.provider;
    this.#tools = parts.tools;
    this.#giveBack = parts.giveBack;
  }

  /** A tenant of its own on a pack of the test tools. */
  tenant(plan: PackPlan): Promise<FlowTenant> {
    return this.tenantOn(flowPack(this.#tools, plan));
  }

  /** A tenant of its own on any pack. */
  async tenantOn(pack: CompiledPack): Promise<FlowTenant> {
    const id = `t${this.tenants.length + 1}`;
    const added = await addTenant(this.installation, { tenantId: id, name: id, mode: "sandbox", by: "test" });
    assert(added.ok, "the tenant is new");
    const tenant = new FlowTenant(this, id);
    this.tenants.push(tenant);
    await tenant.activate(pack);
    return tenant;
  }

  /** Starts a worker; a shop has one at a time. */
  work(): void {
    assert(this.#worker === null, "one worker is enough");
    this.#worker = this.installation.newWorker({ onTrouble: (_run, error) => void this.#troubles.push(error) });
    this.#worker.start();
  }

  /** Stops the worker once it holds no run: what comes due from now on stays due. */
  async rest(): Promise<void> {
    const worker = this.#worker;
    assert(worker !== null, "there is a worker to stop");
    await this.until("an idle worker", async () => worker.busy === 0);
    await worker.stop();
    this.#worker = null;
  }

  /** Looks until `check` gives something; fails the test if it never does, or if the worker meets what it cannot handle. */
  async until<T>(what: string, check: () => Promise<T | undefined | false>): Promise<T> {
    const { clock } = realHost;
    for (const giveUp = after(clock.now(), this.#patienceMs); clock.now() < giveUp; ) {
      const [trouble] = this.#troubles;
      if (trouble !== undefined) throw trouble;
      this.#worker?.nudge();
      const found = await check();
      if (found !== undefined && found !== false) return found;
      await clock.wake(after(clock.now(), LOOK_MS), new AbortController().signal);
    }
    throw new Error(`waited in vain for ${what}`);
  }

  /** What a worker met and could not handle; a sound shop has nothing here. */
  get troubles(): readonly unknown[] {
    return this.#troubles;
  }

  async close(): Promise<void> {
    await this.#worker?.stop();
    await this.installation.close();
    await this.#giveBack();
  }
}

/** Opens a shop of the test tools, with a worker running. */
export function openFlowShop(): Promise<FlowShop> {
  const provider = new Provider();
  return openShopOf(flowTools(provider), provider);
}

/** The same with other tools. */
export async function openShopOf(
  tools: readonly Tool[],
  provider = new Provider(),
  {
    patienceMs = PATIENCE_MS,
    ...rest
  }: Pick<InstallationOptions, "graphProgram"> & { readonly patienceMs?: number } = {},
): Promise<FlowShop> {
  const { options: server, drop } = await freshDatabase();
  const directory = await mkdtemp(join(tmpdir(), "countermark-flow-"));
  const owning = openDatabase(server);
  const clock = await settableClock(owning.owner);
  const options = { host: clock.host, directory, server, migrate: false, tools, tier: "HARDENED", ...rest } as const;
  const installation = await openInstallation(options);
  const giveBack = async () => {
    await owning.close();
    await drop();
    await rm(directory, { recursive: true });
  };
  const shop = new FlowShop({ installation, clock, provider, tools, giveBack, patienceMs });
  shop.work();
  return shop;
}
