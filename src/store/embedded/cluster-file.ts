import { open, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { Fault } from "../../contracts/index.ts";
import { giveToOwnerOf } from "./account.ts";
import { isErrno } from "./errno.ts";

const CLUSTER_FILE = "database.json";

const clusterSchema = z.strictObject({
  format: z.literal(1),
  cluster_id: z.uuid(),
  /** Where the data lies: absolute, or relative to the project's directory. */
  home: z.string().min(1),
  /** `ready` once the data directory was complete: from then on a missing one is a loss, not a beginning. */
  state: z.enum(["initialising", "ready"]),
  password: z.string().min(1),
});

/** What `.countermark/database.json` holds. Only its owner may read it: the password is in it. */
export type ClusterFile = Readonly<z.infer<typeof clusterSchema>>;

/** Reads the file; `undefined` when there is none. A damaged one is `EMBEDDED_CORRUPT`. */
export async function readClusterFile(directory: string): Promise<ClusterFile | undefined> {
  const path = join(directory, CLUSTER_FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT")) return undefined;
    throw cause;
  }
  try {
    return clusterSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Fault("EMBEDDED_CORRUPT", `\`${path}\` is damaged: restore it from a backup`, { retry: "never", cause });
  }
}

/** Writes the file durably and in one step: a crash leaves the old one or the new one. */
export async function writeClusterFile(directory: string, cluster: ClusterFile): Promise<void> {
  const path = join(directory, CLUSTER_FILE);
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(cluster, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await giveToOwnerOf(directory, draft);
  await renameDurably(draft, path);
}

/** Renames, and has the disk keep the new name. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  const parent = await open(dirname(to), "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
}
