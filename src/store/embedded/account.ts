import { chown, lchown, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../contracts/index.ts";

/** Whom a child runs as. Where it is `undefined`, children run as this process does. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses root, so root lends it this otherwise unused account; `nobody` would share it with strangers. */
const LENT_ACCOUNT: Account = { uid: 64_231, gid: 64_231 };

/**
 * The account of the server of a project: our own, but for root. Root keeps to the owner of existing data, then to the
 * owner of the project's directory, so that a project opened by its user and by root stays usable by both.
 *
 * @param paths existing or missing paths, the one that decides first
 */
export async function serverAccount(paths: readonly string[]): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const path of paths) {
    const owner = await ownerOf(path);
    if (owner !== undefined && owner.uid !== 0) return owner;
  }
  return LENT_ACCOUNT;
}

/**
 * The account that initialises: `initdb` insists on an entry in the password file, which the lent account has not.
 * The files are handed over afterwards (`handOver`).
 */
export async function initialisingAccount(server: Account | undefined): Promise<Account | undefined> {
  if (server?.uid !== LENT_ACCOUNT.uid) return server;
  const entries = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  const named = entries.find(([name]) => name === "nobody") ?? entries.find(([, , uid]) => Number(uid) > 0);
  if (named === undefined) {
    throw new Fault("EMBEDDED_UNAVAILABLE", "the system has no account but root to initialise PostgreSQL as", {
      retry: "never",
    });
  }
  return { uid: Number(named[2]), gid: Number(named[3]) };
}

/** Gives one path to an account; without one it stays as it is. */
export async function give(path: string, account: Account | undefined): Promise<void> {
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

/** Gives a whole tree to an account. */
export async function handOver(tree: string, account: Account): Promise<void> {
  for (const entry of await readdir(tree, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid);
  }
  await chown(tree, account.uid, account.gid);
}

/** Gives a path that root made inside another's directory to the owner of that directory. */
export async function giveToOwnerOf(directory: string, path: string): Promise<void> {
  if (process.getuid?.() === 0) await give(path, await ownerOf(directory));
}

async function ownerOf(path: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch {
    return undefined; // missing: it decides nothing
  }
}
