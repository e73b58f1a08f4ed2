/** The record: hash-chained streams, receipts, artifacts, redaction, and what outsiders tell a run. */
export { type AlertingCount, type AlertingEvent, alertingEvents, countAlerting } from "./alerting/queries.ts";
export { AUDIT_STREAM, appendOutside, type OutsideEvent, recordAct } from "./append.ts";
export { type ArtifactReference, type ArtifactStore, artifactStore, type NewArtifact } from "./artifact.ts";
export { type ArtifactFolder, artifactFolder } from "./artifact-folder.ts";
export {
  blockedLetters,
  findLetter,
  type LetterKind,
  type LetterRow,
  lettersOfRun,
  listLetters,
  lockLetter,
} from "./dead-letter/queries.ts";
export { LETTER_MACHINE, type LetterState, type Review, review } from "./dead-letter/review.ts";
export { type EntryFrame, entryHash, type SealedEvent, type SealRequest, type StreamHead, sealEvent } from "./entry.ts";
export { inclusionProof, isIncluded, merkleRoot } from "./merkle.ts";
export {
  closeChange,
  confirmReceipts,
  type EffectEvidence,
  type EntityRow,
  type EntityWrite,
  entitiesById,
  entityToChange,
  foldedCounts,
  type InboxEntry,
  movedStreams,
  type OpenChange,
  openChanges,
  openRunsAbout,
  patchesSince,
  type ReceiptRow,
  readAfterSnapshots,
  readStream,
  readStreamOf,
  receiptsBetween,
  receiptsOfRun,
  recordEvidence,
  type StoredEvent,
  type StreamEntry,
  tellRun,
  tellStream,
  waitingInboxes,
  writeEntity,
} from "./queries.ts";
export { receiptStatus } from "./receipt.ts";
export { type Finding, type RejectReason, rejectCode } from "./redact/finding.ts";
export { type Redacted, redact } from "./redact/redact.ts";
export { compileRedaction, type RedactionRules, type RedactionSource, SCAN_ONLY } from "./redact/rules.ts";
export type { RedactionContext, RejectedStub } from "./redact/stub.ts";
export { holdsKey, redactText } from "./redact/text.ts";
export { countRefusals, type RefusedCount } from "./refusals/queries.ts";
export { keepSealed, openEnvelope, openSealed, type SealedValue, sealValue, type TenantKey } from "./seal.ts";
export { declaresSealed, isSealedReference, type SealedReference } from "./sealed-reference.ts";
export {
  type EventFilter,
  type EventPlace,
  eventsAfter,
  ledgerSize,
  listReceipts,
  type ReceiptFilter,
  searchEvents,
} from "./search/queries.ts";
export { findStray, findStream, listStreams, readStreams, type StreamSummary } from "./streams/queries.ts";
export { type ChainBreak, type ChainReport, chainRow, verifyStream } from "./verify.ts";
export { writeNew, writeWhole } from "./whole-file.ts";
