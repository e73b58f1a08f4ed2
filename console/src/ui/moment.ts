const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** How far an instant is from now, in its largest unit: `3 min ago`, `in 2 h`. */
export function relative(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1_000);
  const size = Math.abs(seconds);
  if (size < 1) return "now";
  const [unit, length] = UNITS.find(([, one]) => size >= one) ?? ["s", 1];
  const text = `${Math.floor(size / length)} ${unit}`;
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

/** A length of time with its unit: `12 ms`, `3.4 s`, `2 min 5 s`. */
export function lasting(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  return minutes < 60
    ? `${minutes} min ${Math.round((ms % 60_000) / 1_000)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** RFC 3339 as people read it, to the second, in UTC. */
export const utc = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
