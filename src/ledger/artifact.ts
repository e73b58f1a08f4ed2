import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { assert, type Digest, Fault, type Ids, parseDigest, sha256Hex } from "../contracts/index.ts";

/**
 * Content-addressed artifacts: previews, transcripts, sealed values. Rows hold their digests.
 *
 * A1 What is read hashes to its digest, or nothing is returned.
 * A2 A file appears under its name whole and durable: written aside, synced, renamed, the folder synced.
 * A3 A tenant's artifacts lie in its own folder; a digest finds nothing in another's.
 */

/** What a row keeps of an artifact. Wire form. */
export interface ArtifactReference {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}

export interface NewArtifact {
  readonly tenant: string;
  /** Text is stored as UTF-8. */
  readonly content: string | Uint8Array;
  readonly mediaType: string;
}

/** Where artifacts are kept. Faults: `ARTIFACT_UNAVAILABLE` when the store cannot be reached, at any call. */
export interface ArtifactStore {
  /** Durable once resolved. The same content again writes nothing, unless what lay there was damaged. */
  put(artifact: NewArtifact): Promise<ArtifactReference>;
  /** The bytes. Faults `ARTIFACT_NOT_FOUND` and `ARTIFACT_CORRUPT`. */
  get(tenant: string, digest: Digest): Promise<Uint8Array>;
  /** Destroys the content for ever; an absent one is no fault. Digests that refer to it stay and verify nothing. */
  erase(tenant: string, digest: Digest): Promise<void>;
}

/** The store of a folder on disk; `root` is created when first written. */
export function folderArtifacts({ root, ids }: { readonly root: string; readonly ids: Ids }): ArtifactStore {
  const pathOf = (tenant: string, digest: Digest): string => {
    assert(parseDigest(digest) !== undefined, "a digest is 64 hex digits, so no path can be smuggled in");
    return join(root, folderOf(tenant), digest.slice(0, 2), digest);
  };
  return {
    put: async ({ tenant, content, mediaType }) => {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      const digest = sha256Hex(bytes);
      const path = pathOf(tenant, digest);
      await reaching(path, async () => {
        if (!(await holds(path, digest))) await writeWhole(path, bytes, ids.next());
      });
      return { digest, media_type: mediaType, size_bytes: bytes.byteLength };
    },
    get: async (tenant, digest) => {
      const path = pathOf(tenant, digest);
      const bytes = await reaching(path, () => readIfThere(path));
      if (bytes === undefined) {
        throw new Fault("ARTIFACT_NOT_FOUND", `no artifact \`${digest}\``, { retry: "never" });
      }
      if (sha256Hex(bytes) !== digest) {
        throw new Fault("ARTIFACT_CORRUPT", `the artifact \`${digest}\` does not match its digest`, { retry: "never" });
      }
      return bytes;
    },
    erase: async (tenant, digest) => {
      const path = pathOf(tenant, digest);
      await reaching(path, async () => {
        await rm(path, { force: true });
        await syncFolder(dirname(path));
      });
    },
  };
}

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

/** A crash leaves at most a file that ends in `.part`, which nothing ever reads. */
async function writeWhole(path: string, bytes: Uint8Array, id: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${id}.part`;
  const file = await open(part, "wx", 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (cause) {
    if (!isAbsent(cause)) throw cause; // nothing was ever stored there, so nothing has to be made durable
  }
}

async function reaching<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new Fault("ARTIFACT_UNAVAILABLE", `cannot reach \`${path}\``, { retry: "now", cause });
  }
}

const isAbsent = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT";
