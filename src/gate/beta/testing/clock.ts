import { after, formatInstant, type Instant, instant } from "../../../contracts/index.ts";

export const DECISION_AT = instant(Date.UTC(2026, 2, 9, 2));
export const CUTOFF = DECISION_AT;
export const WINDOW_END = instant(Date.UTC(2026, 2, 9));
export const WINDOW_START = instant(Date.UTC(2026, 2, 2));

export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

/** Inside the window, so many minutes after it began. */
export const minute = (minutes: number): Instant => after(WINDOW_START, minutes * MINUTE_MS);

export const written = (at: Instant): string => formatInstant(at);
