import { lookup } from "node:dns/promises";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { assert, Fault, type Host, type Result, sha256Hex } from "../contracts/index.ts";
import { createRegistry, KEY_BYTES, type Registry, type SandboxTier, type Tool } from "../guard/index.ts";
import {
  type ArtifactStore,
  artifactFolder,
  artifactStore,
  isSealedReference,
  openSealed,
  writeNew,
} from "../ledger/index.ts";
import { type Roster, readApplyHold, readPromoted } from "../release/index.ts";
import {
  assertSchemaCurrent,
  type ConnectionOptions,
  type Database,
  inTenant,
  migrateUp,
  openDatabase,
  openEmbedded,
} from "../store/index.ts";
import {
  Committer,
  ControlRoom,
  connectTemporal,
  factsReader,
  type LeaseProfile,
  postgresSchedule,
  type Reached,
  type Schedule,
  type TemporalAddress,
  WORKER_PROFILE,
  Worker,
} from "../worker/index.ts";
import { lookAtCanaries } from "./canary.ts";
import { rosterIn, TRUST_FILE } from "./roster-file.ts";

/** The tenant whose keys administer the installation itself: it owns no runs. */
export const PLATFORM = "platform";

/** How to open an installation: where its database is, and what this process brings to it. */
export interface InstallationOptions {
  readonly host: Host;
  /** Absolute path of `.countermark`: installation key, large artifacts, and the embedded database where there is no server. */
  readonly directory: string;
  /** A PostgreSQL server; null uses the embedded one, starting it if nothing has. */
  readonly server: ConnectionOptions | null;
  /** Applies missing migrations; false refuses to run on another schema. */
  readonly migrate: boolean;
  readonly tools: readonly Tool[];
  /** The isolation that this process gives its tools. */
  readonly tier: SandboxTier;
  /** The compiled program in which agents' graphs run; the one of this package where it is left out. */
  readonly graphProgram?: string;
}

export interface WorkerSettings {
  readonly profile?: LeaseProfile;
  /** Who says that a run is due; by default the worker looks into the database itself. */
  readonly schedule?: Schedule;
  /** Told at each crash point; tests stop the process there. */
  readonly reached?: Reached;
  readonly onTrouble?: (runId: string, error: unknown) => void;
}

/** One opened Countermark: everything a command, a server or a test works with. */
export interface Installation {
  readonly host: Host;
  readonly database: Database;
  readonly control: ControlRoom;
  readonly registry: Registry;
  readonly installationKey: Uint8Array;
  readonly artifacts: ArtifactStore;
  /** Whose signatures on bundles count here, as its file `trust.json` says now; nobody's where there is none. */
  readTrust(): Promise<Result<Roster>>;
  /**
   * Has a Temporal cluster call for this installation's runs: the schedule of one worker. Faults: SCHEDULER_NOT_INSTALLED,
   * SCHEDULER_UNAVAILABLE.
   */
  connectTemporal(where: TemporalAddress): Promise<Schedule>;
  /** A worker of this process, not started yet. */
  newWorker(settings?: WorkerSettings): Worker;
  /** Closes the connections, and stops the embedded database if this process was the last to use it. */
  close(): Promise<void>;
}

/** Opens an installation. Faults: EMBEDDED_…, DATABASE_UNAVAILABLE, SCHEMA_BEHIND, SCHEMA_AHEAD, CONFIG_INVALID. */
export async function openInstallation(options: InstallationOptions): Promise<Installation> {
  const { host, directory, tier } = options;
  const installationKey = await installationKeyIn(directory, host);
  const embedded = options.server === null ? await openEmbedded({ directory, host }) : null;
  const database = openDatabase(embedded?.connection ?? options.server ?? assertServer());
  const close = async () => {
    await database.close();
    await embedded?.release();
  };
  try {
    if (options.migrate) await migrateUp(database.owner, host.clock);
    await assertSchemaCurrent(database.owner);
  } catch (error) {
    await close();
    throw error;
  }
  const registry = registryOf(options.tools);
  const control = new ControlRoom({ database, host, installationKey, readPromoted, readApplyHold });
  const committer = new Committer(database.committer);
  const facts = factsReader(database);
  const artifacts = artifactStore(artifactFolder({ root: join(directory, "artifacts"), ids: host.ids }));
  const graph = options.graphProgram === undefined ? {} : { graphProgram: options.graphProgram };
  const shared = { database, facts, host, registry, tier, committer, control, network, ...graph };
  const readTrust = () => rosterIn(join(directory, TRUST_FILE));
  const ports = { host, database, control, artifacts, readTrust };
  return {
    host,
    database,
    control,
    registry,
    installationKey,
    artifacts,
    readTrust,
    connectTemporal: (where) => connectTemporal({ ...where, taskQueue: taskQueueOf(installationKey) }),
    newWorker: ({
      profile = WORKER_PROFILE,
      schedule = postgresSchedule,
      reached = nothing,
      onTrouble = nothing,
    } = {}) =>
      new Worker({
        ...shared,
        chores: [() => lookAtCanaries(ports, onTrouble)],
        profile,
        schedule,
        reached,
        onTrouble,
        workerId: `worker-${host.ids.next()}`,
        station: { tenantId: PLATFORM, hostId: hostname(), pid: process.pid },
        openSealed:
          ({ tenantId, secrets }) =>
          async (value) =>
            isSealedReference(value)
              ? inTenant(database, tenantId, (sql) =>
                  openSealed(sql, value, { store: artifacts, key: secrets.artifactKey }),
                )
              : value,
      }),
    close,
  };
}

const nothing = (): void => undefined;

const QUEUE_DIGITS = 16;

/** Workers of one installation share its key, and no other's; its digest says nothing about it. */
const taskQueueOf = (key: Uint8Array): string =>
  `countermark-${sha256Hex(`task queue:${Buffer.from(key).toString("hex")}`).slice(0, QUEUE_DIGITS)}`;

function assertServer(): never {
  assert(false, "an installation has an embedded database or a server");
}

const network = {
  fetch: globalThis.fetch,
  resolve: async (name: string): Promise<readonly string[]> =>
    (await lookup(name, { all: true })).map(({ address }) => address),
};

function registryOf(tools: readonly Tool[]): Registry {
  const registry = createRegistry();
  for (const tool of tools) {
    const registered = registry.register(tool);
    if (!registered.ok) throw new Fault(registered.refusal.code, registered.refusal.message, { retry: "never" });
  }
  return registry;
}

const KEY_FILE = "installation.key";

/** The key under which tenants' keys are wrapped: made at the first start, readable by its owner only, never in the database. */
async function installationKeyIn(directory: string, host: Host): Promise<Uint8Array> {
  const path = join(directory, KEY_FILE);
  await mkdir(directory, { recursive: true });
  const made = Buffer.from(host.random.bytes(KEY_BYTES)).toString("base64url");
  try {
    // Before anything is wrapped under it, it is on disk: without it, what is wrapped is lost.
    await writeNew(path, `${made}\n`, { id: host.ids.next(), modes: { file: 0o600, folder: 0o700 } });
  } catch (cause) {
    throw new Fault("CONFIG_INVALID", `\`${path}\` cannot be written`, { retry: "never", cause });
  }
  await chmod(path, 0o600);
  const key = new Uint8Array(Buffer.from((await readFile(path, "utf8")).trim(), "base64url"));
  if (key.length === KEY_BYTES) return key;
  throw new Fault(
    "CONFIG_INVALID",
    `\`${path}\` does not hold a key of ${KEY_BYTES * 8} bits; restore it from a backup`,
    { retry: "never" },
  );
}
