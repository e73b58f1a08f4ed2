import { type Drawn, drawnOf } from "../../../../src/gate/scale.ts";
import type { GateRow } from "../../api/wire.ts";

/** A gate's value against its limit: of a proportion as everywhere, of a number on a line from nothing to a little more than both. */
export const drawnGate = (row: Pick<GateRow, "value" | "bound" | "rule">): Drawn | null =>
  drawnOf(row) ?? drawnNumber(row);

/** Room to the right of what is drawn, as a part of the line. */
const ROOM = 1.25;

function drawnNumber({ value, rule }: Pick<GateRow, "value" | "rule">): Drawn | null {
  const [, limit] = /^\S+ (\d+(?:\.\d+)?)/.exec(rule) ?? [];
  const measured = value === null ? null : numberOf(value);
  if (limit === undefined || measured === null || measured < 0) return null;
  const to = niceOver(Math.max(measured, Number(limit)) * ROOM);
  const place = (x: number): number => (x / to) * 100;
  return { from: 0, to, value: place(measured), bound: null, limit: place(Number(limit)) };
}

/** A fraction or a number as a decision writes it; null for any other text. */
export function numberOf(text: string): number | null {
  const [, above, below] = /^(-?\d+)\/(\d+)$/.exec(text) ?? [];
  const number = above === undefined ? Number(text) : Number(above) / Number(below);
  return Number.isFinite(number) ? number : null;
}

const NICE = [1, 2, 5, 10];

/** The smallest of 1, 2, 5 times a power of ten that is not less. */
function niceOver(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return (NICE.find((step) => step * power >= value) ?? 10) * power;
}
