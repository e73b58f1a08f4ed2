import type { GateRow } from "./decision.ts";

/** A proportion against its limit, on a line from `from` to `to`; places are per cent of the line. */
export interface Drawn {
  readonly from: number;
  readonly to: number;
  readonly value: number;
  readonly bound: number | null;
  readonly limit: number;
}

/** Where the line begins and ends: the narrowest of these that leaves room around everything on it. */
const SCALES = [
  [0.98, 1],
  [0.9, 1],
  [0.8, 1],
  [0.5, 1],
  [0, 0.02],
  [0, 0.1],
  [0, 0.2],
  [0, 0.5],
  [0, 1],
] as const;

/** The picture of a gate whose value is a proportion; null for any other. */
export function drawnOf({ value, bound, rule }: Pick<GateRow, "value" | "bound" | "rule">): Drawn | null {
  const [, good, valid] = /^(\d+)\/(\d+)$/.exec(value ?? "") ?? [];
  const [, limit] = /^\S+ (0?\.?\d[\d.]*)/.exec(rule) ?? [];
  if (good === undefined || valid === undefined || limit === undefined) return null;
  if (Number(valid) === 0 || Number(limit) > 1) return null;
  const [rate, line, end] = [Number(good) / Number(valid), Number(limit), bound === null ? null : Number(bound)];
  const points = [rate, line, end ?? rate];
  const [from, to] = SCALES.find((scale) => fits(scale, Math.min(...points), Math.max(...points))) ?? [0, 1];
  const place = (x: number): number => ((x - from) / (to - from)) * 100;
  return { from, to, value: place(rate), bound: end === null ? null : place(end), limit: place(line) };
}

function fits([from, to]: readonly [number, number], low: number, high: number): boolean {
  const room = (to - from) / 10;
  return (from === 0 || low >= from + room) && (to === 1 || high <= to - room);
}
