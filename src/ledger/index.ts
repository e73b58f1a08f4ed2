/** The record: hash-chained streams, receipts, artifacts, redaction, and what outsiders tell a run. */
export { AUDIT_STREAM, appendOutside, type OutsideEvent } from "./append.ts";
export { type EntryFrame, entryHash, type SealedEvent, type SealRequest, type StreamHead, sealEvent } from "./entry.ts";
export {
  confirmReceipts,
  type EntityRow,
  entitiesById,
  findStream,
  foldedCount,
  type InboxEntry,
  listStreams,
  patchesSince,
  type ReceiptRow,
  readStream,
  receiptsOfRun,
  type StoredEvent,
  type StreamSummary,
  tellRun,
  waitingInbox,
} from "./queries.ts";
