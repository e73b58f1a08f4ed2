import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { TestCluster } from "./cluster.ts";

const INSTALLATIONS = "/usr/lib/postgresql";
const VERSION_MIN = 15;
const USER = "postgres";

interface Account {
  readonly uid: number;
  readonly gid: number;
}

const execute = promisify(execFile);

export interface DebianServerOptions {
  /** The folder in which the cluster's own is made; a short path, as the unix socket's must be. */
  readonly parent: string;
  /** Port on the loopback interface; null: only the unix socket in the cluster's folder. */
  readonly port: number | null;
  /** Variables of the server's process besides its locale. */
  readonly environment: Readonly<Record<string, string>>;
  /** Settings besides those that PostgreSQL comes with. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A private cluster from the newest PostgreSQL that Debian's packages installed; `undefined` when there is none. */
export async function startDebianServer(options: DebianServerOptions): Promise<TestCluster | undefined> {
  const { port, environment } = options;
  const bin = await newestInstallation();
  if (bin === undefined) return undefined;
  const account = process.getuid?.() === 0 ? await postgresAccount() : undefined;
  const folder = await mkdtemp(join(options.parent, "countermark-server-"));
  const data = join(folder, "data");
  const run = (program: string, ...args: string[]) =>
    execute(join(bin, program), ["-D", data, ...args], {
      ...account,
      cwd: "/",
      env: { LC_ALL: "C.UTF-8", TZ: "UTC", ...environment },
    });

  const password = randomBytes(18).toString("base64url");
  const passwordFile = join(folder, "password");
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  for (const path of [folder, data, passwordFile])
    if (account !== undefined) await chown(path, account.uid, account.gid);
  await run("initdb", "--auth=scram-sha-256", `--username=${USER}`, `--pwfile=${passwordFile}`, "--encoding=UTF8");
  const listen = port === null ? "-c listen_addresses=" : `-c listen_addresses=127.0.0.1 -p ${port}`;
  const settings = Object.entries(options.settings).map(([name, value]) => `-c ${name}=${value}`);
  const words = [`-k ${folder}`, listen, "-c max_connections=100", ...settings].join(" ");
  await run("pg_ctl", "-w", "-l", join(folder, "log"), "-o", words, "start");
  return {
    admin: {
      host: port === null ? folder : "127.0.0.1",
      port: port ?? 5432,
      user: USER,
      password,
      database: "postgres",
    },
    close: async () => {
      await run("pg_ctl", "-w", "-m", "fast", "stop");
      await rm(folder, { recursive: true });
    },
  };
}

/** The folder of the programs of the newest installed PostgreSQL that we support; `undefined` when there is none. */
export async function newestInstallation(): Promise<string | undefined> {
  const found = await readdir(INSTALLATIONS).catch(() => []); // no such folder: nothing is installed
  const versions = found.map(Number).filter((version) => version >= VERSION_MIN);
  return versions.length === 0 ? undefined : join(INSTALLATIONS, String(Math.max(...versions)), "bin");
}

/** PostgreSQL refuses root: Debian's package made an account for it. */
async function postgresAccount(): Promise<Account> {
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = entries.find(([name]) => name === USER) ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`there is no account \`${USER}\` to run the server as`);
  return { uid: Number(uid), gid: Number(gid) };
}
