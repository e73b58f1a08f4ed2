import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  activatePack,
  addKey,
  addTenant,
  createApp,
  type Installation,
  type Listening,
  openInstallation,
  serve,
} from "../../api/index.ts";
import { after, assert, Fault, type Host, type Instant, sha256Hex } from "../../contracts/index.ts";
import type { Tool } from "../../guard/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import {
  type ConnectionOptions,
  dropScratch,
  listScratch,
  makeScratch,
  type ScratchDatabase,
} from "../../store/index.ts";
import { type LeaseProfile, type Reached, WORKER_PROFILE } from "../../worker/index.ts";
import { type DemoClient, demoClient } from "../demo/client.ts";
import type { StageTenant } from "./play.ts";
import type { SuiteWorld } from "./world.ts";

/*
 * A disposable runtime.
 *
 * T1 It has a database, a directory with keys, tenants and a worker of its own, all in sandbox mode: its tools reach this machine at
 *    most. Nothing of it outlives `close`.
 * T2 What a process that died left behind is known by its name, that nobody is connected to it, and its age; whoever makes the next
 *    target finds and removes it.
 */

/** A target that nobody uses is not being made any more after a minute, and none is used longer than four hours. */
const MAKING_MS_MAX = 60_000;
export const TTL_MS = 4 * 3_600_000;

export interface TargetOptions {
  readonly host: Host;
  /** The server beside whose database the target makes one. */
  readonly beside: ConnectionOptions;
  /** What it is for, of a pack: targets of one purpose and pack find each other's remains. */
  readonly purpose: "preview" | "suite";
  readonly pack: CompiledPack;
  readonly tools: readonly Tool[];
  /** Told where each run is. */
  readonly reached: Reached;
  readonly onTrouble: (error: unknown) => void;
}

export interface Target {
  /** The name of its database. */
  readonly id: string;
  readonly installation: Installation;
  readonly origin: string;
  /** Those made so far. */
  readonly tenants: readonly StageTenant[];
  /** A new tenant on the pack, connected to the world. */
  newTenant(world: SuiteWorld): Promise<StageTenant>;
  /** Ends the worker, and has another drive the runs, with shorter leases. */
  shortenLeases(): Promise<void>;
  /** Ends the worker, removes database and directory. */
  close(): Promise<void>;
}

/** Of a worker that is to lose runs: whoever waits for its leases to end waits this long. */
const SHORT_LEASES: LeaseProfile = { ...WORKER_PROFILE, leaseMs: 1_500, beatMs: 400 };

const DIGITS = 8;

const wordOf = (purpose: TargetOptions["purpose"], pack: CompiledPack): string =>
  `${purpose}_${sha256Hex(pack.pack.id).slice(0, DIGITS)}`;

/** Removes what earlier targets of this purpose and pack left, and names it (T2). */
export async function removeLeaked({
  host,
  beside,
  purpose,
  pack,
}: Pick<TargetOptions, "host" | "beside" | "purpose" | "pack">): Promise<readonly string[]> {
  const now = host.clock.now();
  const standing = await listScratch(beside, wordOf(purpose, pack));
  const leaked = standing.filter((one) => isLeaked(one, now)).map(({ name }) => name);
  for (const name of leaked) await dropScratch(beside, name);
  return leaked;
}

/** Whether nobody will remove a target any more. */
export const isLeaked = (
  { madeAt, isUsed }: { readonly madeAt: Instant; readonly isUsed: boolean },
  now: Instant,
): boolean => now >= after(madeAt, isUsed ? TTL_MS : MAKING_MS_MAX);

/** Makes a target and has its worker run. Faults as `openInstallation`; what was made until then is removed. */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { host, beside, purpose, pack } = options;
  const directory = await mkdtemp(join(tmpdir(), "countermark-target-"));
  const removals: (() => Promise<void>)[] = [() => rm(directory, { recursive: true, force: true })];
  const close = () => removeAll(removals.toReversed());
  try {
    const scratch = await makeScratch(beside, { purpose: wordOf(purpose, pack), ids: host.ids });
    removals.push(() => scratch.drop());
    return { ...(await run(options, { directory, scratch, removals })), id: scratch.name, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Removes everything, also where removing something fails; the first failure is thrown afterwards. */
async function removeAll(removals: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const remove of removals) await remove().catch((error: unknown) => void failures.push(error));
  if (failures.length > 0) throw failures[0];
}

interface Made {
  readonly directory: string;
  readonly scratch: ScratchDatabase;
  readonly removals: (() => Promise<void>)[];
}

async function run(
  { host, pack, tools, reached, onTrouble }: TargetOptions,
  { directory, scratch, removals }: Made,
): Promise<Omit<Target, "id" | "close">> {
  const server = scratch.options;
  const installation = await openInstallation({ host, directory, server, migrate: true, tools, tier: "HARDENED" });
  removals.push(() => installation.close());
  const settings = { reached, onTrouble: (_runId: string, error: unknown) => onTrouble(error) };
  let worker = installation.newWorker(settings);
  const app = createApp(installation, { nudge: () => worker.nudge(), onTrouble });
  const listening: Listening = await serve(app, { port: 0 });
  removals.push(() => listening.close());
  worker.start();
  removals.push(() => worker.stop());
  const { origin } = listening;
  const clientOf = (key: string): DemoClient =>
    demoClient({ fetch: (request) => app.fetch(request), origin, key, clock: host.clock });
  const tenants: StageTenant[] = [];
  return {
    installation,
    origin,
    tenants,
    shortenLeases: async () => {
      await worker.stop();
      worker = installation.newWorker({ ...settings, profile: SHORT_LEASES });
      worker.start();
    },
    newTenant: async (world) => {
      const tenantId = `golden${tenants.length + 1}`;
      await furnish(installation, tenantId, pack);
      await world.furnish({ tenantId, origin });
      const tenant = stageTenant(installation, tenantId, clientOf);
      tenants.push(tenant);
      return tenant;
    },
  };
}

const BY = "suite";

async function furnish(installation: Installation, tenantId: string, pack: CompiledPack): Promise<void> {
  const added = await addTenant(installation, { tenantId, name: tenantId, mode: "sandbox", by: BY });
  assert(added.ok, "a target's tenants are new");
  const activated = await activatePack(installation, { tenantId, pack, by: BY });
  if (!activated.ok) throw new Fault(activated.refusal.code, activated.refusal.message, { retry: "never" });
}

/** People and programs get their key when they are first asked for. */
export function stageTenant(
  installation: Installation,
  tenantId: string,
  clientOf: (key: string) => DemoClient,
): StageTenant {
  const clients = new Map<string, Promise<DemoClient>>();
  const client = (principalId: string, role: "operator" | "approver"): Promise<DemoClient> => {
    const known = clients.get(`${role} ${principalId}`);
    const made =
      known ??
      addKey(installation, { tenantId, principalId, kind: "person", role, by: BY }).then(({ key }) => clientOf(key));
    clients.set(`${role} ${principalId}`, made);
    return made;
  };
  return {
    tenantId,
    operator: (principal) => client(principal, "operator"),
    approver: (principal) => client(principal, "approver"),
  };
}
