import { accepted, canonical, type EventEntry, formatInstant, GENESIS_HASH, sha256Hex } from "../contracts/index.ts";
import type { StreamHead } from "./entry.ts";
import { plainEntryText } from "./plain-entry.ts";
import type { StoredEvent } from "./queries.ts";

/**
 * Verifies a hash chain from its rows alone (commerce-kernel 12.6).
 *
 * V1 Row k carries sequence k and belongs to the stream: nothing is missing, doubled, foreign or out of order.
 * V2 A row's hash is that of its entry, its `prev_hash` that of the row before it.
 * V3 A stored payload hashes to the entry's digest; an erased one (null) leaves the chain whole.
 * V4 A known head is reached, with its hash: the end was not cut off.
 *
 * Entries are hashed by their canonical form, whatever the appender's splice wrote: two paths must agree.
 */

/** The members of an entry that a chain needs. */
export interface ChainLink {
  readonly seq: number;
  readonly prev_hash: string;
  /** Absent where a chain keeps its whole content in the entry. */
  readonly payload_sha256?: string;
}

/** A row as it is stored. `payload_text` is null where the payload was erased or the chain keeps none. */
export interface StoredRow<Entry extends ChainLink> {
  readonly entry: Entry;
  readonly hash: string;
  readonly payload_text: string | null;
}

export type BreakRule =
  | "gap"
  | "reordered"
  | "foreign_entry"
  | "altered_entry"
  | "wrong_prev_hash"
  | "altered_payload"
  | "head_mismatch"
  | "truncated";

/** The first break: at which sequence, which rule, and the two values that differ. */
export interface ChainBreak {
  readonly seq: number;
  readonly rule: BreakRule;
  readonly expected: string;
  readonly found: string;
}

/** `verified` counts the rows before the break, `head` is the last of them. `broken` null: everything holds. */
export interface ChainReport {
  readonly verified: number;
  readonly head: StreamHead;
  readonly broken: ChainBreak | null;
}

/** What is known beforehand. Nothing: the rows are a whole chain, whatever its end. */
export interface KnownEnds {
  /** What the first row extends, where only a range is verified. */
  readonly from?: StreamHead;
  /** An entry known to exist, such as the head recorded or signed. Rows behind it are verified too. */
  readonly head?: StreamHead;
}

/** All rows at hand, or page after page as they are read: waiting for each row by itself took as long as hashing it. */
type Rows<Entry extends ChainLink> = AsyncIterable<Iterable<StoredRow<Entry>>> | Iterable<StoredRow<Entry>>;

/** What is checked of a kind of chain besides its links. */
interface ChainRules<Entry extends ChainLink> {
  /** What must hold of each row for it to belong. */
  readonly membership?: (row: StoredRow<Entry>) => Omit<ChainBreak, "seq"> | undefined;
  /** The RFC 8785 text of an entry, got faster than by the canonical writer; undefined where it is not. */
  readonly plainText?: (entry: Entry) => string | undefined;
}

/**
 * A stored event as the chain's row: exactly the members that were hashed, with times as they were written. In their sorted order, and
 * of one shape: copying a row's members and sorting them anew took half of a verification.
 */
export const chainRow = (tenant: string, row: StoredEvent): StoredRow<EventEntry> => ({
  entry: {
    actor: row.actor,
    at: formatInstant(row.at),
    causation: row.causation,
    channel: row.channel,
    correlation: row.correlation,
    dedup_key: row.dedup_key,
    epoch: row.epoch,
    event_id: row.event_id,
    payload_sha256: row.payload_sha256,
    prev_hash: row.prev_hash,
    recorded_at: formatInstant(row.recorded_at),
    seq: row.seq,
    severity: row.severity,
    step: row.step,
    stream: row.stream,
    tenant,
    type: row.type,
  },
  hash: row.hash,
  payload_text: row.payload,
});

/** How many rows behind a missing one are searched for it, to tell a wrong order from a gap. */
const LOOK_AHEAD_ROWS = 1_000;

/** Verifies the rows of one stream in the order stored. Never throws on what the rows hold. */
export const verifyStream = (
  rows: Rows<EventEntry>,
  stream: { readonly tenant: string; readonly stream: string },
  known: KnownEnds = {},
): Promise<ChainReport> =>
  verifyChain<EventEntry>(rows, known, {
    membership: ({ entry }) => {
      if (entry.tenant !== stream.tenant) return differs("foreign_entry", stream.tenant, entry.tenant);
      if (entry.stream !== stream.stream) return differs("foreign_entry", stream.stream, entry.stream);
      return undefined;
    },
    plainText: plainEntryText,
  });

/** Verifies any chain of entries hashed as RFC 8785 text. */
export async function verifyChain<Entry extends ChainLink>(
  rows: Rows<Entry>,
  known: KnownEnds = {},
  rules: ChainRules<Entry> = {},
): Promise<ChainReport> {
  const walk: Walk = { head: known.from ?? { seq: 0, hash: GENESIS_HASH }, verified: 0, gap: undefined, searched: 0 };
  for await (const page of pagesOf(rows)) {
    for (const row of page) {
      const end = next(walk, row, known, rules);
      if (end !== undefined) return reportOf(walk, end);
    }
  }
  return reportOf(walk, walk.gap ?? cutOff(walk.head, known.head) ?? null);
}

async function* pagesOf<Entry extends ChainLink>(rows: Rows<Entry>): AsyncGenerator<Iterable<StoredRow<Entry>>> {
  if (Symbol.asyncIterator in rows) yield* rows;
  else yield rows;
}

/** How far the rows were verified; and the row that was missing, while rows behind it are searched for it. */
interface Walk {
  head: StreamHead;
  verified: number;
  gap: ChainBreak | undefined;
  searched: number;
}

const reportOf = ({ verified, head }: Walk, broken: ChainBreak | null): ChainReport => ({ verified, head, broken });

/** Takes one row more. The break that ends the walk, if it does. */
function next<Entry extends ChainLink>(
  walk: Walk,
  row: StoredRow<Entry>,
  known: KnownEnds,
  { membership, plainText }: ChainRules<Entry>,
): ChainBreak | undefined {
  if (walk.gap !== undefined) {
    if (row.entry.seq === walk.gap.seq) return { ...walk.gap, rule: "reordered" };
    return ++walk.searched >= LOOK_AHEAD_ROWS ? walk.gap : undefined;
  }
  const found = breakOf(row, walk.head, known, plainText?.(row.entry)) ?? atSeq(row.entry.seq, membership?.(row));
  if (found === undefined) {
    walk.head = { seq: row.entry.seq, hash: row.hash };
    walk.verified++;
  } else if (found.rule !== "gap") return found;
  else walk.gap = found;
  return undefined;
}

function breakOf(
  row: StoredRow<ChainLink>,
  before: StreamHead,
  known: KnownEnds,
  text: string | undefined,
): ChainBreak | undefined {
  const { entry } = row;
  const seq = before.seq + 1;
  if (entry.seq !== seq) {
    return { seq, ...differs(entry.seq > seq ? "gap" : "reordered", String(seq), String(entry.seq)) };
  }
  return atSeq(seq, hashBreak(row, before, text) ?? payloadBreak(row) ?? headBreak(row, known.head));
}

function hashBreak(
  { entry, hash }: StoredRow<ChainLink>,
  before: StreamHead,
  plain: string | undefined,
): Omit<ChainBreak, "seq"> | undefined {
  const text = plain === undefined ? canonical(entry) : accepted(plain);
  const expected = text.ok ? sha256Hex(text.value) : text.refusal.message;
  if (expected !== hash) return differs("altered_entry", expected, hash);
  if (entry.prev_hash !== before.hash) return differs("wrong_prev_hash", before.hash, entry.prev_hash);
  return undefined;
}

function payloadBreak({ entry, payload_text }: StoredRow<ChainLink>): Omit<ChainBreak, "seq"> | undefined {
  if (payload_text === null || entry.payload_sha256 === undefined) return undefined; // V3
  const found = sha256Hex(payload_text);
  return found === entry.payload_sha256 ? undefined : differs("altered_payload", entry.payload_sha256, found);
}

function headBreak(row: StoredRow<ChainLink>, head: StreamHead | undefined): Omit<ChainBreak, "seq"> | undefined {
  if (head === undefined || head.seq !== row.entry.seq || head.hash === row.hash) return undefined;
  return differs("head_mismatch", head.hash, row.hash);
}

const cutOff = (last: StreamHead, head: StreamHead | undefined): ChainBreak | undefined =>
  head === undefined || last.seq >= head.seq
    ? undefined
    : { seq: last.seq + 1, ...differs("truncated", String(head.seq), String(last.seq)) }; // V4

const differs = (rule: BreakRule, expected: string, found: string): Omit<ChainBreak, "seq"> => ({
  rule,
  expected,
  found,
});

const atSeq = (seq: number, found: Omit<ChainBreak, "seq"> | undefined): ChainBreak | undefined =>
  found === undefined ? undefined : { seq, ...found };
