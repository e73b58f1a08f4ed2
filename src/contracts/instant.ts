import type { Brand } from "./brand.ts";

/** A moment in time: epoch milliseconds, UTC. Intervals between instants are plain numbers whose names end in `Ms`. */
export type Instant = Brand<number, "Instant">;

const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](?:[01]\d|2[0-3]):\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

/** Brands epoch milliseconds. The caller vouches that the number came from a clock or a stored instant. */
export const instant = (epochMs: number): Instant => epochMs as Instant;

/** The last second that was written, and how it begins: a step writes several instants, and many steps share a second. */
let second = { epoch: Number.NaN, text: "" };
const THREE_DIGITS = Array.from({ length: 1000 }, (_, ms) => String(ms).padStart(3, "0"));
/** From here on years have six digits. */
const YEAR_10000_MS = 253_402_300_800_000;

/** RFC 3339 in UTC with milliseconds, the wire form of every time we write. A `Date` for each was 4 % of a step. */
export function formatInstant(at: Instant): string {
  if (!Number.isInteger(at) || at < 0 || at >= YEAR_10000_MS) return new Date(at).toISOString();
  const epoch = Math.floor(at / 1000);
  if (epoch !== second.epoch) {
    second = { epoch, text: new Date(epoch * 1000).toISOString().slice(0, "YYYY-MM-DDTHH:MM:SS.".length) };
  }
  return `${second.text}${THREE_DIGITS[at - epoch * 1000]}Z`;
}

/** UTC as an offset, without milliseconds that are none: how continuity documents write times. Sorts as time does. */
export const utcText = (at: Instant): string => formatInstant(at).replace(".000Z", "Z").replace("Z", "+00:00");

/**
 * Reads RFC 3339 text with any offset; fractions beyond milliseconds are cut. `undefined` when the text is not a valid
 * date-time, which includes days that do not exist and leap seconds.
 */
export function parseInstant(text: string): Instant | undefined {
  const written = writtenInstant(text);
  if (!Number.isNaN(written)) return instant(written);
  const [, year, month, day] = RFC_3339.exec(text) ?? [];
  // `Date.parse` would take 30 February for 2 March.
  const monthDays = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const epochMs = Number(day) <= monthDays ? Date.parse(text) : Number.NaN;
  return Number.isNaN(epochMs) ? undefined : instant(epochMs);
}

/**
 * Epoch milliseconds of text as `formatInstant` writes it, on a day that its month has every year. Not a number for all other text, good or bad.
 * Rows of evidence bring one each: the expression and two calendars were a twelfth of a decision.
 */
function writtenInstant(text: string): number {
  if (text.length !== 24 || text[4] !== "-" || text[7] !== "-" || text[10] !== "T") return Number.NaN;
  if (text[13] !== ":" || text[16] !== ":" || text[19] !== "." || text[23] !== "Z") return Number.NaN;
  const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2)];
  const [hour, minute, second] = [digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2)];
  const isDay = year >= 1000 && day >= 1 && day <= (DAYS[month - 1] ?? 0);
  const isTime = hour <= 23 && minute <= 59 && second <= 59;
  return isDay && isTime ? Date.UTC(year, month - 1, day, hour, minute, second, digitsAt(text, 20, 3)) : Number.NaN;
}

/** Of each month in every year. */
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function digitsAt(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : Number.NaN;
  }
  return value;
}

/** The instant `ms` milliseconds later (earlier when negative). */
export const after = (at: Instant, ms: number): Instant => instant(at + ms);
