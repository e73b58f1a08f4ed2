import type { Decision, GateRow } from "../../api/wire.ts";
import { drawnGate, numberOf } from "./drawn.ts";

/** A gate over the instants of a backtest. */
export interface GateLine {
  readonly id: string;
  readonly rule: string;
  /** Ends of the upright scale. */
  readonly from: number;
  readonly to: number;
  /** Per cent of the scale from below; null where the limit is no number. */
  readonly limit: number | null;
  readonly points: readonly LinePoint[];
}

export interface LinePoint {
  readonly at: string;
  readonly status: GateRow["status"];
  readonly value: string | null;
  readonly sample: number;
  /** Per cent of the scale from below; null where there was nothing to measure. */
  readonly height: number | null;
}

/** Decisions of a backtest gate by gate, each on one scale for all instants. */
export function linesOf(decisions: readonly Judged[]): readonly GateLine[] {
  const ids = [...new Set(decisions.flatMap(({ gates }) => gates.map(({ id }) => id)))];
  return ids.map((id) => {
    const rows = decisions.map(({ decided_at, gates }) => ({
      at: decided_at,
      row: gates.find((one) => one.id === id),
    }));
    return lineOf(id, rows);
  });
}

type Measured = Pick<GateRow, "id" | "value" | "status" | "rule" | "bound" | "sample">;

interface Judged extends Pick<Decision, "decided_at"> {
  readonly gates: readonly Measured[];
}

interface RowAt {
  readonly at: string;
  readonly row: Measured | undefined;
}

function lineOf(id: string, rows: readonly RowAt[]): GateLine {
  const drawn = rows.flatMap(({ row }) => {
    const one = row === undefined ? null : drawnGate(row);
    return one === null || row === undefined
      ? []
      : [{ ...one, limitAt: one.from + (one.limit / 100) * (one.to - one.from) }];
  });
  const from = Math.min(...drawn.map((one) => one.from), Number.POSITIVE_INFINITY);
  const to = Math.max(...drawn.map((one) => one.to), Number.NEGATIVE_INFINITY);
  const isDrawn = drawn.length > 0;
  const place = (value: number): number => ((value - from) / (to - from)) * 100;
  const [first] = drawn;
  return {
    id,
    rule: rows.find(({ row }) => row !== undefined)?.row?.rule ?? "",
    from: isDrawn ? from : 0,
    to: isDrawn ? to : 1,
    limit: first === undefined ? null : place(first.limitAt),
    points: rows.map(({ at, row }): LinePoint => {
      const value = row?.value ?? null;
      const number = value === null ? null : numberOf(value);
      const height = number === null || !isDrawn ? null : Math.min(100, Math.max(0, place(number)));
      return { at, status: row?.status ?? "UNKNOWN", value, sample: row?.sample ?? 0, height };
    }),
  };
}
