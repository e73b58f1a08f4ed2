/**
 * Finds, starts and stops the one server of a data directory. Everything here is called under the start lock.
 *
 * P1 A process is our server when `postmaster.pid` names it and its command line has our data and socket directories:
 *    a pid alone may have been reused since a crash.
 * P2 `postmaster.pid` is removed only when the pid in it is provably another program: PostgreSQL keeps in it what
 *    protects the data from a second server.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, readFile, rename, rmdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { after, type Clock, Fault } from "../../contracts/index.ts";
import { type Account, give } from "./account.ts";
import { isErrno } from "./errno.ts";
import { prepareSocketDirectory } from "./home.ts";
import { pause, poll } from "./poll.ts";
import { commandLine, identify, run, spawnAs } from "./process.ts";
import { settingArgs } from "./settings.ts";
import { type StartFailure, startFailure } from "./start-failure.ts";

/** Names the socket file; no port is opened. */
export const PORT = 5432;

/** A start takes 30 ms; after a crash it replays the write-ahead log first. */
const READY_MS_MAX = 60_000;

/** A fast shutdown takes 15 ms; it writes everything dirty first. */
const STOP_MS_MAX = 60_000;

/** What a killed server left (its last backends, its shared memory) is gone after this long, or something is stuck. */
const BUSY_MS_MAX = 10_000;

/** At a start beyond this the log begins anew and the old one is kept as `.1`. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

/** Of a failed start the end of its log is the cause of the fault. */
const LOG_TAIL_BYTES = 20_000;

export interface Server {
  readonly data: string;
  readonly sockets: string;
  readonly log: string;
  readonly account: Account | undefined;
  readonly clock: Clock;
  /** Instead of our own. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Makes sure that the server runs and takes connections. */
export async function ensureRunning(server: Server, postgres: () => Promise<string>): Promise<void> {
  if (await isReadyOrGone(server)) return;
  await prepareSocketDirectory(server.sockets, server.account);
  const limit = after(server.clock.now(), BUSY_MS_MAX);
  for (;;) {
    const failure = await launch(server, await postgres());
    if (failure === undefined || (await isReadyOrGone(server))) return; // a killed starter's server may win the race
    if (failure.kind !== "busy" || server.clock.now() >= limit) {
      await removeSockets(server);
      throw await startFault(server, failure, postgres);
    }
    await pause(server.clock);
  }
}

/** Stops the server, if it runs, ending what connections it still has. Committed work is kept. */
export async function stopPostmaster(server: Server): Promise<void> {
  const pid = await findPostmaster(server);
  if (pid === undefined) return;
  try {
    process.kill(pid, "SIGINT"); // fast shutdown
  } catch (cause) {
    if (!isErrno(cause, "ESRCH")) throw cause; // ended by itself
  }
  const gone = async () => ((await findPostmaster(server)) === undefined ? true : undefined);
  if ((await poll(server.clock, STOP_MS_MAX, gone)) === undefined) {
    throw new Fault("EMBEDDED_UNAVAILABLE", `the embedded database (pid ${pid}) does not stop`, { retry: "now" });
  }
  await removeSockets(server);
}

/** Waits while the server is starting or stopping. True: it takes connections. False: it does not run. */
async function isReadyOrGone(server: Server): Promise<boolean> {
  const settled = await poll(server.clock, READY_MS_MAX, async () => {
    const pid = await findPostmaster(server);
    if (pid === undefined) return "gone";
    return (await isReady(server, pid)) ? "ready" : undefined;
  });
  if (settled === undefined) throw stillBusy();
  return settled === "ready";
}

/** The pid of our running server. What would keep a new one from starting without being one is removed (P2). */
async function findPostmaster(server: Server): Promise<number | undefined> {
  const pidFile = join(server.data, "postmaster.pid");
  const pid = await firstNumber(pidFile);
  if (pid === undefined || (await identify(pid)) === undefined) return undefined;
  const command = await commandLine(pid);
  if (command.includes(server.data) && command.includes(server.sockets)) return pid; // P1
  if (command === "") return undefined; // not ours to see, so not ours: PostgreSQL itself judges it
  if (/post(gres|master)/.test(command.split(" ")[0] ?? "")) {
    const message = `another program (pid ${pid}) has the database in \`${server.data}\` open: stop it`;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never" });
  }
  await unlink(pidFile); // P2
  await unlink(join(server.sockets, `.s.PGSQL.${PORT}.lock`)).catch(() => undefined); // gone with a reboot
  return undefined;
}

/** Line 8 of `postmaster.pid` is the server's state, as `pg_ctl` reads it. */
async function isReady(server: Server, pid: number | undefined): Promise<boolean> {
  const lines = (await readIfThere(join(server.data, "postmaster.pid"))).split("\n");
  return lines[0] === String(pid) && lines[7]?.trim() === "ready";
}

/** Starts a server in its own session, so that neither our end nor a terminal's interrupt ends it. */
async function launch(server: Server, postgres: string): Promise<StartFailure | undefined> {
  const log = await openLog(server);
  try {
    const { size } = await log.stat();
    const place = ["-D", server.data, "-k", server.sockets, "-p", String(PORT)];
    const child = spawn(postgres, [...place, ...settingArgs(server.settings)], {
      ...spawnAs(server.account),
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    await once(child, "spawn");
    child.unref();
    const outcome = await poll(server.clock, READY_MS_MAX, async () => {
      if (child.exitCode !== null || child.signalCode !== null) return "ended";
      return (await isReady(server, child.pid)) ? "ready" : undefined;
    });
    if (outcome === undefined) throw stillBusy();
    return outcome === "ready" ? undefined : startFailure(await readFrom(server.log, size));
  } finally {
    await log.close();
  }
}

async function openLog(server: Server): Promise<FileHandle> {
  const log = await open(server.log, "a", 0o600);
  if ((await log.stat()).size > LOG_BYTES_MAX) {
    await log.close();
    await rename(server.log, `${server.log}.1`);
    return openLog(server);
  }
  await give(server.log, server.account);
  return log;
}

/** A server that ends without a clear word: the control file is what it reads first, so look whether it can be read. */
async function startFault(server: Server, failure: StartFailure, postgres: () => Promise<string>): Promise<Fault> {
  const look = ["-D", server.data, "-C", "shared_memory_size"];
  const isCorrupt =
    failure.kind === "corrupt" ||
    (failure.kind === "unavailable" &&
      (await run(await postgres(), look, { account: server.account, timeoutMs: READY_MS_MAX })).exitCode !== 0);
  const code = isCorrupt ? "EMBEDDED_CORRUPT" : "EMBEDDED_UNAVAILABLE";
  const message = `the embedded database in \`${server.data}\` did not start: ${failure.message}`;
  return new Fault(code, message, { retry: "never", cause: new Error(`see \`${server.log}\``) });
}

/** Tidiness only: the next start makes the folder anew, or keeps it with what a killed server left in it. */
const removeSockets = (server: Server): Promise<void> => rmdir(server.sockets).catch(() => undefined);

const stillBusy = (): Fault =>
  new Fault("EMBEDDED_UNAVAILABLE", "the embedded database is still starting or stopping", {
    retry: { afterMs: 1000 },
  });

async function firstNumber(path: string): Promise<number | undefined> {
  const line = (await readIfThere(path)).split("\n")[0] ?? "";
  return /^\d+$/.test(line) ? Number(line) : undefined;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return "";
    throw cause;
  }
}

async function readFrom(path: string, start: number): Promise<string> {
  const bytes = await readFile(path);
  return bytes.subarray(Math.max(start, bytes.length - LOG_TAIL_BYTES)).toString();
}
