/* Times as people read them, in a terminal and in the console alike. */

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** RFC 3339 in UTC, to the second: `2026-01-02 03:04:05 UTC`. */
export const utcSecond = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;

/** How far an instant is from now: `5 min ago`, `in 2 h`; the largest unit that fits, cut. Both in epoch milliseconds. */
export function relative(at: number, now: number): string {
  const distanceMs = Math.abs(at - now);
  const unit = UNITS.find(({ ms }) => distanceMs >= ms);
  if (unit === undefined) return "now";
  const amount = `${Math.floor(distanceMs / unit.ms)} ${unit.name}`;
  return at < now ? `${amount} ago` : `in ${amount}`;
}

/** How long something took, in its two largest units: `120 ms`, `4.2 s`, `2 min 5 s`, `3 h`. */
export function duration(ms: number): string {
  const whole = Math.max(Math.round(ms), 0);
  if (whole < 1_000) return `${whole} ms`;
  if (whole < 60_000) return `${Math.floor(whole / 100) / 10} s`;
  const unit = UNITS.find((candidate) => whole >= candidate.ms) ?? UNITS[2];
  const below = UNITS[UNITS.indexOf(unit) + 1] ?? UNITS[3];
  const rest = Math.floor((whole % unit.ms) / below.ms);
  return `${Math.floor(whole / unit.ms)} ${unit.name}${rest === 0 ? "" : ` ${rest} ${below.name}`}`;
}

const SPAN = /^(\d{1,9})(d|h|min|s)$/;

/** How long a text such as `48h`, `7d` or `30min` says, in milliseconds; undefined where it is none. */
export function parseSpan(text: string): number | undefined {
  const [, amount, name] = SPAN.exec(text) ?? [];
  const unit = UNITS.find((one) => one.name === name);
  return unit === undefined ? undefined : Number(amount) * unit.ms;
}
