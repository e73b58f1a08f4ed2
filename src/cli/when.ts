import { type Instant, parseInstant } from "../contracts/index.ts";

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "min", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** A wire time as a person reads it: UTC to the second, and how far from now. Other text comes back as it is. */
export function when(text: string, now: Instant): string {
  const at = parseInstant(text);
  if (at === undefined) return text;
  return `${text.slice(0, 10)} ${text.slice(11, 19)} UTC (${relative(at, now)})`;
}

/** Such as `5 min ago` or `in 2 h`: the largest unit that fits, cut. */
export function relative(at: Instant, now: Instant): string {
  const distanceMs = Math.abs(at - now);
  const unit = UNITS.find(({ ms }) => distanceMs >= ms);
  if (unit === undefined) return "now";
  const amount = `${Math.floor(distanceMs / unit.ms)} ${unit.name}`;
  return at < now ? `${amount} ago` : `in ${amount}`;
}
