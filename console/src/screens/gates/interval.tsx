import type { GateRow } from "../../api/wire.ts";
import { drawnGate } from "./drawn.ts";

const label = (value: number): string => (value >= 10_000 ? `${value / 1_000}k` : String(value));

/** Value, interval and limit on one line: where the dot stands beyond the upright line, the gate passes. */
export function Interval({ row }: { readonly row: Pick<GateRow, "value" | "bound" | "rule" | "status"> }) {
  const drawn = drawnGate(row);
  if (drawn === null) return <span className="soft">–</span>;
  const { from, to, value, bound, limit } = drawn;
  const says = `${row.value ?? ""}${row.bound === null ? "" : `, bound ${row.bound}`}, limit ${row.rule}`;
  return (
    <svg className="interval" viewBox="-28 0 156 16" role="img" aria-label={says}>
      <text x="-7" y="10.5" textAnchor="end">
        {label(from)}
      </text>
      <text x="107" y="10.5">
        {label(to)}
      </text>
      <line x1="0" y1="8" x2="100" y2="8" className="axis" />
      {bound === null ? null : <line x1={bound} y1="8" x2={value} y2="8" className="span" />}
      {bound === null ? null : <line x1={bound} y1="5" x2={bound} y2="11" className="span end" />}
      <line x1={limit} y1="1.5" x2={limit} y2="14.5" className="limit" />
      {row.status === "PASS" ? (
        <circle cx={value} cy="8" r="3" className="pass" />
      ) : (
        <path d={`M${value - 3} 5l6 6m0-6l-6 6`} className="miss" />
      )}
    </svg>
  );
}
