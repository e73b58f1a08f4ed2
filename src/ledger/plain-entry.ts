import { type EventEntry, JSON_BYTES_MAX } from "../contracts/index.ts";

/*
 * The RFC 8785 text of an entry in which JSON escapes nothing, as in nearly all: written, and then held against an expression that only
 * such text matches. So what is hashed is canonical by its form, and not because a writer is trusted.
 *
 * P1 Text that matches is RFC 8785: all members in their order, nothing between them, no character to escape, counters as they are written.
 * P2 Text that matches is that of its entry and of no other: no string in it has a quote, so the names that the writer wrote are the names
 *    that the expression found, and what stands between them is what the entry says.
 *
 * Measured on Node 20 for an entry of 590 bytes, in microseconds: hashing flat text 0.9, writing, matching and hashing 3.3; through the
 * canonical writer 4.6.
 */

const STRING = '"[^\\u0000-\\u001f"\\\\\\ud800-\\udfff]*"';
const OPTIONAL = `(?:null|${STRING})`;
const COUNTER = "(?:0|[1-9]\\d{0,14})";

const FORMS: { readonly [member in keyof EventEntry]: string } = {
  actor: STRING,
  at: STRING,
  causation: OPTIONAL,
  channel: STRING,
  correlation: STRING,
  dedup_key: OPTIONAL,
  epoch: COUNTER,
  event_id: STRING,
  payload_sha256: STRING,
  prev_hash: STRING,
  recorded_at: STRING,
  seq: COUNTER,
  severity: STRING,
  step: OPTIONAL,
  stream: STRING,
  tenant: STRING,
  type: STRING,
};
const MEMBERS = Object.entries(FORMS);
const PLAIN = new RegExp(`^\\{${MEMBERS.map(([name, form]) => `"${name}":${form}`).join(",")}\\}$`);
/** UTF-16 units, of which none takes more than three bytes. */
const LENGTH_MAX = JSON_BYTES_MAX / 3;

/** Undefined for an entry with anything to escape, with other members or members of other types: that is for the canonical writer. */
export function plainEntryText(entry: EventEntry): string | undefined {
  if (Object.keys(entry).length !== MEMBERS.length) return undefined;
  const text =
    `{"actor":${quoted(entry.actor)},"at":${quoted(entry.at)},"causation":${quoted(entry.causation)}` +
    `,"channel":${quoted(entry.channel)},"correlation":${quoted(entry.correlation)}` +
    `,"dedup_key":${quoted(entry.dedup_key)},"epoch":${counter(entry.epoch)},"event_id":${quoted(entry.event_id)}` +
    `,"payload_sha256":${quoted(entry.payload_sha256)},"prev_hash":${quoted(entry.prev_hash)}` +
    `,"recorded_at":${quoted(entry.recorded_at)},"seq":${counter(entry.seq)},"severity":${quoted(entry.severity)}` +
    `,"step":${quoted(entry.step)},"stream":${quoted(entry.stream)},"tenant":${quoted(entry.tenant)}` +
    `,"type":${quoted(entry.type)}}`;
  return text.length <= LENGTH_MAX && PLAIN.test(text) ? text : undefined;
}

/** Whatever is no text stands without quotes; the expression wants them where an entry has text. */
const quoted = (value: unknown): string => (typeof value === "string" ? `"${value}"` : String(value));

const counter = (value: unknown): string => (typeof value === "number" ? String(value) : "no counter");
