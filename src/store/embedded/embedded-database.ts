import { mkdir, realpath, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { assert, Fault, type Host, InvariantError } from "../../contracts/index.ts";
import { giveToOwnerOf } from "./account.ts";
import type { Installation } from "./binaries.ts";
import { ensureCluster } from "./cluster.ts";
import { isErrno } from "./errno.ts";
import { socketDirectory } from "./home.ts";
import { OWNER } from "./initialise.ts";
import { type Lock, withLock } from "./lock.ts";
import { ensureRunning, PORT, type Server, stopPostmaster } from "./postmaster.ts";
import { identify } from "./process.ts";
import { countUsers, registerUser, unregisterUser } from "./users.ts";

/** How to connect as the owner of everything: the options of the `postgres` driver. */
export interface OwnerConnection {
  /** Folder of the unix socket; there is no network address. */
  readonly host: string;
  /** Part of the socket's name. */
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface EmbeddedDatabase {
  readonly connection: OwnerConnection;
  /**
   * Leaves. The last process to leave stops the server (15 ms); committed work is kept. Close your connections first:
   * the server ends those that are left. A second call does nothing.
   */
  release(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Absolute path of the project's `.countermark` directory; made if need be. */
  readonly directory: string;
  readonly host: Host;
  /** The PostgreSQL to run; the one from npm by default. */
  readonly installation?: Installation;
  /** Where root keeps what the server's account cannot reach in the project; `/var/lib/countermark` by default. */
  readonly systemDirectory?: string;
  /** Settings of the server instead of ours, while it is we who start it: for data that nobody will miss. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Opens the embedded PostgreSQL of a project: initialises it when there is none yet (about 1 s), starts it when it does
 * not run (about 50 ms), else joins it. Any number of processes may do so at once; the server outlives each of them
 * and is stopped by the last to leave.
 *
 * Throws `EMBEDDED_CORRUPT` when the data is damaged and `EMBEDDED_UNAVAILABLE` when the server cannot be run here; in
 * both cases nothing of the database was changed or removed.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  return faulting(options.directory, () => open(options));
}

/** Has everything that the operating system refuses come out as a fault. */
async function faulting<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof Fault || cause instanceof InvariantError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `the embedded database in \`${directory}\` cannot be used: ${why}`;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never", cause });
  }
}

async function open(options: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const { host } = options;
  const directory = await prepareDirectory(options.directory);
  const owner = await identify(process.pid);
  assert(owner !== undefined, "the running process can be identified");
  const lock: Lock = { path: join(directory, "start.lock"), owner, clock: host.clock };
  const users = join(directory, "users");
  return withLock(lock, async () => {
    const { server, password } = await start({ ...options, directory });
    const registration = await registerUser(users, owner, host.ids.next());
    let released: Promise<void> | undefined;
    return {
      connection: { host: server.sockets, port: PORT, user: OWNER, password, database: OWNER },
      release: () => {
        released ??= faulting(directory, () => withLock(lock, () => leave(registration, users, server)));
        return released;
      },
    };
  });
}

async function leave(registration: string, users: string, server: Server): Promise<void> {
  await unregisterUser(registration);
  if ((await countUsers(users)) === 0) await stopPostmaster(server);
}

/** Has the cluster initialised, checked and running. Called under the start lock. */
async function start(options: EmbeddedOptions): Promise<{ readonly server: Server; readonly password: string }> {
  const { directory } = options;
  const cluster = await ensureCluster(options);
  const server: Server = {
    data: cluster.data,
    sockets: socketDirectory(directory, cluster.file.cluster_id),
    log: join(directory, "postgres.log"),
    account: cluster.account,
    clock: options.host.clock,
    settings: options.settings ?? {},
  };
  await ensureRunning(server, async () => (await cluster.binaries()).postgres);
  return { server, password: cluster.file.password };
}

/** Makes `.countermark` and keeps it out of version control: it holds a password and data. */
async function prepareDirectory(path: string): Promise<string> {
  assert(isAbsolute(path), "the directory of an embedded database is absolute");
  if (process.platform === "win32") {
    throw new Fault("EMBEDDED_UNAVAILABLE", "the embedded database needs Linux or macOS: set DATABASE_URL", {
      retry: "never",
    });
  }
  await mkdir(path, { recursive: true });
  const directory = await realpath(path);
  const ignore = join(directory, ".gitignore");
  try {
    await writeFile(ignore, "*\n", { flag: "wx" });
    await giveToOwnerOf(directory, ignore);
  } catch (cause) {
    if (!isErrno(cause, "EEXIST")) throw cause;
  }
  return directory;
}
