import { after, type Instant, parseInstant, parseSpan } from "../contracts/index.ts";
import type { Moment } from "./command.ts";

const INSTANT = "give an instant in UTC, such as 2026-03-09T02:00:00Z";

/** An option's value that says when: an instant as it is written, or how far before or after now. */
const moment = (sign: 1 | -1, span: string): Moment => ({
  problem: (text) =>
    parseInstant(text) === undefined && parseSpan(text) === undefined
      ? `${INSTANT}, or ${span} (d, h, min or s)`
      : null,
  of: (text, now): Instant | undefined => {
    const ms = parseSpan(text);
    return ms === undefined ? parseInstant(text) : after(now, sign * ms);
  },
});

export const AGO = moment(-1, "7d for seven days ago");
export const AHEAD = moment(1, "7d for seven days from now");
