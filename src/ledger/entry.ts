import {
  assert,
  type Channel,
  canonicalText,
  type Digest,
  type EventEntry,
  formatInstant,
  type Ids,
  type Instant,
  type Json,
  type ProposedEvent,
  sha256Hex,
} from "../contracts/index.ts";
import { plainEntryText } from "./plain-entry.ts";

/**
 * Builds and hashes stream entries: `hash = sha256(JCS(entry))`, `payload_sha256 = sha256(JCS(payload))`.
 *
 * E1 An entry extends its head: sequence plus one, `prev_hash` the head's hash.
 * E2 The payload is canonicalised once; the text that is hashed is the text that is stored.
 */

/** Where a stream ends: the last entry's sequence and hash. `seq` 0 with `GENESIS_HASH` is an empty stream. */
export interface StreamHead {
  readonly seq: number;
  readonly hash: string;
}

/** What the appender knows and the decision does not. */
export interface EntryFrame {
  readonly tenant: string;
  readonly stream: string;
  readonly correlation: string;
  /** The event that caused this one; null for the first. */
  readonly causation: string | null;
  readonly actor: string;
  readonly channel: Channel;
  /** Fencing number of the lease under which the entry is appended. */
  readonly epoch: number;
  readonly dedupKey: string | null;
}

export interface SealRequest {
  readonly proposed: ProposedEvent<string, Json>;
  readonly head: StreamHead;
  readonly frame: EntryFrame;
  readonly recordedAt: Instant;
  readonly ids: Ids;
}

/** An entry with its hash and the canonical text of its payload, as the store writes them. */
export interface SealedEvent {
  readonly entry: EventEntry;
  readonly payload_text: string;
  readonly hash: Digest;
}

/**
 * The next entry of a stream, hashed. The payload must be redacted and plain JSON already; otherwise the fault
 * `VALUE_NOT_JSON` is thrown. Pure but for one id.
 */
export function sealEvent({ proposed, head, frame, recordedAt, ids }: SealRequest): SealedEvent {
  const payload_text = canonicalText(proposed.payload);
  assert(Number.isSafeInteger(head.seq) && head.seq >= 0, "a stream has a whole number of entries");
  assert(Number.isSafeInteger(frame.epoch) && frame.epoch >= 0, "an epoch is a counter");
  const entry: EventEntry = {
    event_id: ids.next(),
    tenant: frame.tenant,
    stream: frame.stream,
    seq: head.seq + 1, // E1
    type: proposed.type,
    at: formatInstant(proposed.at),
    recorded_at: formatInstant(recordedAt),
    correlation: frame.correlation,
    causation: frame.causation,
    actor: frame.actor,
    channel: frame.channel,
    epoch: frame.epoch,
    step: proposed.step,
    severity: proposed.severity ?? "info",
    dedup_key: frame.dedupKey,
    payload_sha256: sha256Hex(payload_text),
    prev_hash: head.hash,
  };
  return { entry, payload_text, hash: entryHash(entry) };
}

/** The hash of an entry, by which the next one refers to it. */
export const entryHash = (entry: EventEntry): Digest => sha256Hex(plainEntryText(entry) ?? canonicalText({ ...entry }));
