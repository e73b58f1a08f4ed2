import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert, type Digest, Fault, type Ids, parseDigest, sha256Hex } from "../contracts/index.ts";
import { isAbsent, syncFolder, writeWhole } from "./whole-file.ts";

/**
 * A folder for artifacts that are too large for a row.
 *
 * F1 A file appears under its name whole and durable.
 * F2 A tenant's artifacts lie in a folder of their own.
 *
 * Processes of one machine share it. Several machines do only if it lies on a volume that all of them mount.
 */

/** Where large artifacts lie. Faults: `ARTIFACT_UNAVAILABLE` when the folder cannot be reached, at any call. */
export interface ArtifactFolder {
  /** Durable once resolved. Content that is there is not written again, unless it was damaged. */
  write(tenant: string, digest: Digest, bytes: Uint8Array): Promise<void>;
  /** What lies there, whatever it is; undefined when nothing does. */
  read(tenant: string, digest: Digest): Promise<Uint8Array | undefined>;
  /** Destroys the file; an absent one is no fault. */
  remove(tenant: string, digest: Digest): Promise<void>;
}

/** The folder at `root`, which is created when first written. */
export function artifactFolder({ root, ids }: { readonly root: string; readonly ids: Ids }): ArtifactFolder {
  const pathOf = (tenant: string, digest: Digest): string => {
    assert(parseDigest(digest) !== undefined, "a digest is 64 hex digits, so no path can be smuggled in");
    return join(root, folderOf(tenant), digest.slice(0, 2), digest);
  };
  return {
    write: async (tenant, digest, bytes) => {
      const path = pathOf(tenant, digest);
      await reaching(path, async () => {
        if (!(await holds(path, digest))) await writeWhole(path, bytes, { id: ids.next(), modes: OWN });
      });
    },
    read: (tenant, digest) => {
      const path = pathOf(tenant, digest);
      return reaching(path, () => readIfThere(path));
    },
    remove: async (tenant, digest) => {
      const path = pathOf(tenant, digest);
      await reaching(path, async () => {
        await rm(path, { force: true });
        await syncFolder(dirname(path));
      });
    },
  };
}

/** Nobody else reads them. */
const OWN = { file: 0o600, folder: 0o700 };

const PLAIN_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Names that a file system could misread (`..`, upper case on some) are hashed; `~` keeps them apart from plain ones. */
const folderOf = (tenant: string): string => (PLAIN_NAME.test(tenant) ? tenant : `~${sha256Hex(tenant)}`);

async function holds(path: string, digest: Digest): Promise<boolean> {
  const present = await readIfThere(path);
  return present !== undefined && sha256Hex(present) === digest;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw cause;
  }
}

async function reaching<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new Fault("ARTIFACT_UNAVAILABLE", `cannot reach \`${path}\``, { retry: "now", cause });
  }
}
