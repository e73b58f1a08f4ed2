import {
  accepted,
  type Code,
  canonicalText,
  type Digest,
  Fault,
  formatInstant,
  type Instant,
  type Json,
  type JsonObject,
  type Result,
  rejected,
  sha256Hex,
} from "../contracts/index.ts";
import type { ArtifactStore } from "../ledger/index.ts";
import type { TenantQuery } from "../store/index.ts";

/** The version of an entity that a preview was made on; 0 when it did not exist. */
export interface BaseRevision {
  readonly entity_type: string;
  readonly entity_id: string;
  readonly version: number;
}

/** Exactly what a person is shown and what is hashed: one document, redacted, content-addressed. */
export type Preview = {
  readonly kind: "tool_call";
  readonly tool: string;
  readonly version: string;
  readonly operation: string;
  readonly side_effect_level: string;
  /** Arguments as a person may see them; `params_fingerprint` covers the full ones. */
  readonly input: Json;
  readonly params_fingerprint: string;
  readonly run_id: string;
  readonly workflow_id: string;
  readonly step_id: string;
  readonly attempt: number;
  readonly requested_by: string;
  readonly rule: string;
  readonly reason: string;
  readonly base: readonly JsonObject[];
  readonly created_at: string;
};

export interface SealedPreview {
  readonly preview: Preview;
  /** Canonical text: the artifact's content. */
  readonly text: string;
  /** What an approver echoes and what the token is bound to. */
  readonly sha256: Digest;
}

/** Makes the artifact of a preview. The input must be redacted already. */
export function sealPreview(
  preview: Omit<Preview, "kind" | "base" | "created_at"> & {
    readonly base: readonly BaseRevision[];
    readonly createdAt: Instant;
  },
): SealedPreview {
  const { createdAt, base, ...shown } = preview;
  const document: Preview = {
    ...shown,
    kind: "tool_call",
    base: base.map(({ entity_type, entity_id, version }) => ({ entity_type, entity_id, version })),
    created_at: formatInstant(createdAt),
  };
  const text = canonicalText(document);
  return { preview: document, text, sha256: sha256Hex(text) };
}

/** Faults of the artifact store that trying again does not mend. */
const LOST: ReadonlySet<Code> = new Set<Code>(["ARTIFACT_NOT_FOUND", "ARTIFACT_ERASED", "ARTIFACT_CORRUPT"]);

/**
 * Exactly the text that an approval is about. Refused with ARTIFACT_NOT_FOUND, ARTIFACT_ERASED or ARTIFACT_CORRUPT where it is
 * no longer what was asked: nobody can approve what nobody can see. Faults: ARTIFACT_UNAVAILABLE.
 */
export async function readPreview(
  sql: TenantQuery,
  artifacts: Pick<ArtifactStore, "get">,
  digest: Digest,
): Promise<Result<string>> {
  try {
    return accepted(Buffer.from(await artifacts.get(sql, digest)).toString("utf8"));
  } catch (error) {
    if (!(error instanceof Fault) || !LOST.has(error.code)) throw error;
    return rejected({ code: error.code, message: `the preview cannot be shown: ${error.message}` });
  }
}
