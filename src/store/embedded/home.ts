import { createHash } from "node:crypto";
import { chmod, lstat, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { Fault } from "../../contracts/index.ts";
import { type Account, give, giveToOwnerOf } from "./account.ts";
import { type ClusterFile, readClusterFile } from "./cluster-file.ts";
import { isErrno } from "./errno.ts";

/** Where root keeps what the server's account must reach although it cannot reach the project. */
export const SYSTEM_DIRECTORY = "/var/lib/countermark";

const INSIDE = "database";

/** Names the project that an outside home belongs to. */
const OWNER_FILE = "project";

/**
 * Where the data of a new cluster will lie: inside the project's directory, so that it moves and mounts with it; or
 * outside where the server's account cannot pass one of the folders above.
 */
export async function chooseHome(options: {
  readonly directory: string;
  readonly account: Account | undefined;
  readonly systemDirectory: string;
  readonly clusterId: string;
}): Promise<string> {
  const { directory, account } = options;
  if (account === undefined || (await isReachable(directory, account))) return INSIDE;
  return join(options.systemDirectory, options.clusterId);
}

/** The absolute path of a cluster's home. */
export const homePath = (directory: string, home: string): string => (isAbsolute(home) ? home : join(directory, home));

/** Whether a project without its `database.json` has data of an earlier one, which must not be mistaken for none. */
export async function hasAbandonedHome(directory: string): Promise<boolean> {
  return stat(join(directory, INSIDE)).then(
    () => true,
    () => false,
  );
}

/** Makes the home. One outside is marked with the project it belongs to, and refused when it belongs to another. */
export async function claimHome(directory: string, cluster: ClusterFile): Promise<void> {
  const home = homePath(directory, cluster.home);
  if (isAbsolute(cluster.home)) await makePublic(dirname(home));
  const isNew = (await mkdir(home, { recursive: true })) !== undefined;
  if (isNew) {
    await chmod(home, process.getuid?.() === 0 ? 0o711 : 0o700);
    await giveToOwnerOf(dirname(home), home);
  }
  if (!isAbsolute(cluster.home)) return;
  const project = await projectOf(home);
  if (project === directory) return;
  if (project !== undefined && (await readClusterFile(project))?.cluster_id === cluster.cluster_id) {
    const message = `\`${directory}\` is a copy of \`${project}\`, whose database lies outside: remove the copy to start an empty one`;
    throw new Fault("EMBEDDED_UNAVAILABLE", message, { retry: "never" });
  }
  await writeFile(join(home, OWNER_FILE), directory); // new, or the project was moved
}

/** Makes a folder that every account may pass, whatever our umask; an existing one is left as it is. */
export async function makePublic(path: string): Promise<void> {
  if ((await mkdir(path, { recursive: true })) !== undefined) await chmod(path, 0o755);
}

async function projectOf(home: string): Promise<string | undefined> {
  try {
    return await readFile(join(home, OWNER_FILE), "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return undefined;
    throw cause;
  }
}

/** Whether an account may pass every folder down to `directory`; access lists beyond the mode bits are not consulted. */
async function isReachable(directory: string, account: Account): Promise<boolean> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const { mode, uid } = await stat(folder);
    const pass = uid === account.uid ? 0o100 : 0o001;
    if ((mode & pass) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The folder of the server's socket. A socket's path is limited to about 100 characters, which a project's is not, so
 * it lies in `/tmp` under a short name that differs for each cluster and each copy of its directory.
 */
export function socketDirectory(directory: string, clusterId: string): string {
  const digest = createHash("sha256").update(`${clusterId}\n${directory}`).digest("hex");
  return `/tmp/countermark-${digest.slice(0, 16)}`;
}

/** Makes the socket folder anew after a reboot. One that somebody else could write in is refused. */
export async function prepareSocketDirectory(path: string, account: Account | undefined): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (cause) {
    if (!isErrno(cause, "EEXIST")) throw cause;
  }
  const found = await lstat(path);
  const owners = [process.getuid?.(), account?.uid];
  if (!found.isDirectory() || !owners.includes(found.uid) || (found.mode & 0o077) !== 0) {
    throw new Fault("EMBEDDED_UNAVAILABLE", `\`${path}\` is not ours alone: remove it`, { retry: "never" });
  }
  await give(path, account);
}
