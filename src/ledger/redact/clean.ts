import { reasonOf } from "./finding.ts";
import { maskEmail, maskPhone } from "./pii.ts";
import { type Hit, type ScanScope, scan } from "./scan.ts";

/** A longer text is cut before it is stored (commerce-kernel 12.4), in bytes of UTF-8. */
export const TEXT_BYTES_MAX = 65_536;

/** Masking or cutting can form a new match at its edges; a text that is still not clean after so many rounds is dropped. */
const ROUNDS_MAX = 4;
const UNSETTLED = "[REDACTED:UNSETTLED]";

/** `text` is undefined when a hit forbids to store it. `hits` are those of the original text and its masked forms. */
export interface Cleaned {
  readonly text: string | undefined;
  readonly hits: readonly Hit[];
}

/** A text as it may be stored: personal data masked, at most 64 KiB. What is returned contains no hit any more. */
export function clean(text: string, scope: ScanScope): Cleaned {
  let current = text;
  let hits = scan(text, scope);
  if (hits.length === 0 && cut(text) === text) return { text, hits };
  const all = [...hits];
  for (let round = 0; round < ROUNDS_MAX; round++) {
    if (hits.some((hit) => reasonOf(hit.kind) !== undefined)) return { text: undefined, hits: all };
    const next = cut(hits.length === 0 ? current : masked(current, hits));
    if (next === current) return { text: current, hits: all };
    current = next;
    hits = scan(current, scope);
    all.push(...hits);
  }
  return { text: UNSETTLED, hits: all };
}

function masked(text: string, hits: readonly Hit[]): string {
  return splice(text, hits, (hit, found) => (hit.kind === "EMAIL" ? maskEmail(found) : maskPhone(found)));
}

/** The text with each hit replaced, from the left; what overlaps an earlier hit is part of that one's replacement. */
export function splice(text: string, hits: readonly Hit[], replace: (hit: Hit, found: string) => string): string {
  let result = "";
  let end = 0;
  for (const hit of hits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (hit.start < end) continue;
    result += text.slice(end, hit.start) + replace(hit, text.slice(hit.start, hit.end));
    end = hit.end;
  }
  return result + text.slice(end);
}

/** At most 64 KiB of a text, whole characters only, with a marker that states the bytes it had. */
export function cut(text: string): string {
  if (text.length * 3 <= TEXT_BYTES_MAX) return text;
  const bytes = Buffer.byteLength(text);
  if (bytes <= TEXT_BYTES_MAX) return text;
  const marker = `[TRUNCATED:${bytes}]`;
  return `${firstBytes(text, TEXT_BYTES_MAX - marker.length)}${marker}`;
}

/** The longest start of a text that fits into so many bytes of UTF-8 without splitting a character. */
export function firstBytes(text: string, bytesMax: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  return text.slice(0, read);
}
