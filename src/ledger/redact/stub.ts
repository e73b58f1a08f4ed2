import { createHash } from "node:crypto";
import { canonical, type Json } from "../../contracts/index.ts";
import { type Finding, type RejectReason, rejectCode } from "./finding.ts";

/** What the caller knows about the entry that is being redacted. */
export interface RedactionContext {
  readonly entry_id: string | null;
  readonly step_id: string | null;
  readonly tool: string | null;
  /** Secret of the tenant: without it, a short secret could be guessed from the stub's digest. */
  readonly salt: Uint8Array;
}

/** Stands for an entry that must not be stored (commerce-kernel 12.3): enough to find the fault, nothing of the content. */
export interface RejectedStub {
  readonly entry_id: string | null;
  readonly step_id: string | null;
  readonly tool: string | null;
  readonly reason: RejectReason;
  readonly code: ReturnType<typeof rejectCode>;
  readonly detector: string;
  readonly field_path: string;
  /** SHA-256 over salt and canonical text: equal contents of one tenant are recognised, nothing else. */
  readonly content_sha256_salted: string;
  readonly size_bytes: number;
}

/** The stub for a value that was rejected. */
export function stubOf(
  value: Json,
  { reason, finding }: { readonly reason: RejectReason; readonly finding: Finding },
  { entry_id, step_id, tool, salt }: RedactionContext,
): RejectedStub {
  const written = canonical(value);
  // Too large or too deep to be canonical; such a value is refused elsewhere, here it only needs a fingerprint.
  const text = written.ok ? written.value : JSON.stringify(value);
  return {
    entry_id,
    step_id,
    tool,
    reason,
    code: rejectCode(reason),
    detector: finding.detector,
    field_path: finding.field_path,
    content_sha256_salted: createHash("sha256").update(salt).update(text).digest("hex"),
    size_bytes: Buffer.byteLength(text),
  };
}
