import { type Code, codeEntry } from "../contracts/index.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Codes whose status does not say what a script needs to know. */
const BY_CODE: { readonly [code in Code]?: ExitCode } = {
  HITL_PENDING: EXIT.waitingForApproval,
  GATE_FAILED: EXIT.noGo,
  GATE_EVIDENCE_MISSING: EXIT.noGoForEvidence,
  RELEASE_GATE_ALLOWS_PROMOTION: EXIT.noGo,
  APPROVALS_SATISFIED: EXIT.waitingForApproval,
  ROLLBACK_INCOMPLETE: EXIT.noGo,
  RELEASE_GATE_EVIDENCE_MISSING: EXIT.noGoForEvidence,
  LEDGER_BROKEN: EXIT.notVerified,
  REPLAY_MISMATCH: EXIT.notVerified,
  ARTIFACT_CORRUPT: EXIT.notVerified,
  DECISION_CORRUPT: EXIT.notVerified,
  PACKET_CORRUPT: EXIT.notVerified,
  GATE_LEDGER_ANOTHER: EXIT.notVerified,
  BUNDLE_MALFORMED: EXIT.notVerified,
  BUNDLE_MISSING_MANIFEST: EXIT.notVerified,
  BUNDLE_INVALID_MANIFEST: EXIT.notVerified,
  BUNDLE_CONTRACT: EXIT.notVerified,
  BUNDLE_SIGNATURE: EXIT.notVerified,
  BUNDLE_UNTRUSTED_KEY: EXIT.notVerified,
  BUNDLE_KEY_EXPIRED: EXIT.notVerified,
  BUNDLE_KEY_REVOKED: EXIT.notVerified,
  BUNDLE_KEY_ROLE: EXIT.notVerified,
  BUNDLE_MISSING_FILE: EXIT.notVerified,
  BUNDLE_CHECKSUM: EXIT.notVerified,
  BUNDLE_UNLISTED_FILE: EXIT.notVerified,
  BUNDLE_UNSAFE_PATH: EXIT.notVerified,
  BUNDLE_MISSING_EVIDENCE: EXIT.notVerified,
  BUNDLE_LINEAGE_MISMATCH: EXIT.notVerified,
  LINEAGE_CORRUPT: EXIT.notVerified,
  RELEASE_LINEAGE_COMPLETE: EXIT.noGo,
  BUNDLE_CONTENT_MISMATCH: EXIT.notVerified,
  RELEASE_NOTES_COMPLETE: EXIT.notVerified,
  BUNDLE_COMMIT_MISMATCH: EXIT.notVerified,
  BUNDLE_DIRTY_SOURCE: EXIT.notVerified,
  WAIVER_STATEMENT_INVALID: EXIT.notVerified,
  IDEMPOTENCY_COLLISION: EXIT.conflict,
  IDEMPOTENCY_KEY_REUSED: EXIT.conflict,
  // Guards that answer with a status which otherwise means a mistake or a failure.
  CIRCUIT_OPEN: EXIT.denied,
  DATA_CAP_EXCEEDED: EXIT.denied,
  GUARD_FAILED: EXIT.denied,
  LOOP_DETECTED: EXIT.denied,
};

/** Every other code, by its HTTP status: the caller's mistake, a rule's no, a conflict; what is left is a failure. */
const BY_STATUS: { readonly [status: number]: ExitCode } = {
  200: EXIT.done,
  202: EXIT.done,
  400: EXIT.misuse,
  401: EXIT.misuse,
  402: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.misuse,
  409: EXIT.conflict,
  410: EXIT.misuse,
  413: EXIT.misuse,
  422: EXIT.misuse,
  429: EXIT.denied,
};

/** The exit code of a command that ends with this reason or fault code. */
export const exitCodeOf = (code: Code): ExitCode => BY_CODE[code] ?? BY_STATUS[codeEntry(code).status] ?? EXIT.internal;
