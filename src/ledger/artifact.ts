import { type Digest, Fault, sha256Hex } from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";
import type { ArtifactFolder } from "./artifact-folder.ts";
import { eraseArtifact, findArtifact, insertArtifact } from "./queries.ts";

/**
 * Content-addressed artifacts of a tenant: previews, sealed values. Other rows hold their digests.
 *
 * A1 What is read hashes to its digest, or nothing is returned; the table refuses a row that does not.
 * A2 An artifact becomes true with the row that names it: all is written in the caller's transaction.
 * A3 A digest finds nothing in another tenant.
 * A4 What is erased is gone; that it was there, and its digest, stay.
 */

/** What a row keeps of an artifact. Wire form. */
export interface ArtifactReference {
  readonly digest: Digest;
  readonly media_type: string;
  readonly size_bytes: number;
}

export interface NewArtifact {
  /** Text is stored as UTF-8. */
  readonly content: string | Uint8Array;
  readonly mediaType: string;
}

/** The artifacts of whichever tenant the transaction is for. Faults: `ARTIFACT_UNAVAILABLE` where the folder fails, at any call. */
export interface ArtifactStore {
  /** The same content again changes nothing, unless it was erased or damaged: then it is there again. */
  put(sql: TenantQuery, artifact: NewArtifact): Promise<ArtifactReference>;
  /** The bytes. Faults `ARTIFACT_NOT_FOUND`, `ARTIFACT_ERASED` and `ARTIFACT_CORRUPT`. */
  get(sql: TenantQuery, digest: Digest): Promise<Uint8Array>;
  /** Destroys the content for ever; an absent one is no fault. Digests that refer to it stay and verify nothing. */
  erase(sql: TenantQuery, digest: Digest): Promise<void>;
}

/**
 * Bytes up to which the database keeps an artifact itself. No document that the kernel takes is larger than 1 MiB, and
 * encryption adds a third, so every preview and sealed value is a row, which all machines of a deployment can read.
 */
export const ROW_BYTES_MAX = 2 * 1_048_576;

/** The store: rows in PostgreSQL, and `folder` for what is larger than a row should be. */
export function artifactStore(folder: ArtifactFolder): ArtifactStore {
  return {
    put: async (sql, { content, mediaType }) => {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      const reference = { digest: sha256Hex(bytes), media_type: mediaType, size_bytes: bytes.byteLength };
      const isRow = bytes.byteLength <= ROW_BYTES_MAX;
      const tenant = await insertArtifact(sql, reference, isRow ? bytes : null);
      if (!isRow) await folder.write(tenant, reference.digest, bytes);
      return reference;
    },
    get: async (sql, digest) => {
      const row = await findArtifact(sql, digest);
      if (row === undefined) throw missing(digest);
      if (row.is_erased)
        throw new Fault("ARTIFACT_ERASED", `the artifact \`${digest}\` was erased`, { retry: "never" });
      const bytes = row.content ?? (await folder.read(row.tenant_id, digest));
      if (bytes === undefined) throw missing(digest);
      if (sha256Hex(bytes) === digest) return bytes; // A1
      throw new Fault("ARTIFACT_CORRUPT", `the artifact \`${digest}\` does not match its digest`, { retry: "never" });
    },
    erase: async (sql, digest) => {
      const erased = await eraseArtifact(sql, digest);
      if (erased?.kept_in === "folder") await folder.remove(erased.tenant_id, digest);
    },
  };
}

const missing = (digest: Digest): Fault =>
  new Fault("ARTIFACT_NOT_FOUND", `no artifact \`${digest}\``, { retry: "never" });
