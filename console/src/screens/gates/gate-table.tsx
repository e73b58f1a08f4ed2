import { Link } from "@tanstack/react-router";
import { flipText, isTold } from "../../../../src/gate/words.ts";
import { useTenant } from "../../api/query.ts";
import type { Evaluation, GateRow } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Marked } from "../../ui/marked.tsx";
import { GATE_LOOKS } from "../../ui/tone.ts";
import { Interval } from "./interval.tsx";
import "../../ui/table.css";

/** Every gate of a decision: what was measured, on how much, against what. */
export const GateTable = ({ gates }: { readonly gates: readonly GateRow[] }) => (
  <div className="scroll">
    <table>
      <thead>
        <tr>
          <th>gate</th>
          <th>status</th>
          <th className="number">value</th>
          <th>against its limit</th>
          <th className="number">sample</th>
          <th className="mid">rule</th>
          <th className="mid">severity</th>
        </tr>
      </thead>
      <tbody>
        {gates.map((row) => (
          <tr key={row.id}>
            <td>{isTold(row) ? <a href={`#${row.id}`}>{row.id}</a> : row.id}</td>
            <td>
              <Badge look={GATE_LOOKS[row.status]} />
              {row.standing === "counts" ? null : <span className="soft"> {row.standing}</span>}
            </td>
            <td className="number">{row.value ?? "–"}</td>
            <td>
              <Interval row={row} />
            </td>
            <td className="number">
              {row.sample}
              {row.sample < row.sample_min ? <span className="wait"> of {row.sample_min}</span> : null}
            </td>
            <td className="mid">
              <code>{row.rule}</code>
            </td>
            <td className="mid">{row.severity ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

interface ToldProps {
  readonly row: GateRow;
  readonly evaluation: Pick<Evaluation, "source">;
}

/** Why a gate does not pass, what would flip it, and the rows of evidence that are at fault. */
export const Told = ({ row, evaluation }: ToldProps) => (
  <section className="told" id={row.id}>
    <h2>
      {row.id} <Badge look={GATE_LOOKS[row.status]} />
    </h2>
    {row.title === null ? null : <p>{row.title}</p>}
    <ul>
      {row.reasons.map((reason) => (
        <li key={reason}>{reason}</li>
      ))}
    </ul>
    {row.flip.length === 0 ? null : (
      <>
        <p>Any one of these would let it pass:</p>
        <ul className="flips">
          {row.flip.map((flip) => (
            <li key={flip.change}>{flipText(flip)}</li>
          ))}
        </ul>
      </>
    )}
    <AtFault row={row} isLedger={evaluation.source === "ledger"} />
    <p className="soft">
      <Marked text={row.remedy} />
      {row.waivable ? "; it may be waived" : ""}
    </p>
  </section>
);

const RUN = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The evidence at fault; what the ledger brought is a link to its run. */
function AtFault({ row, isLedger }: { readonly row: GateRow; readonly isLedger: boolean }) {
  const tenant = useTenant();
  const { count, rows } = row.failing;
  if (count === 0) return null;
  return (
    <details open={count <= ROWS_OPEN}>
      <summary>
        {count} {count === 1 ? "row" : "rows"} of evidence at fault
        {rows.length < count ? `, the first ${rows.length}` : ""}
      </summary>
      <p className="rows">
        {rows.map((id) =>
          isLedger && RUN.test(id) ? (
            <Link key={id} to="/t/$tenant/runs/$run" params={{ tenant, run: id }}>
              <code>{id}</code>
            </Link>
          ) : (
            <code key={id}>{id}</code>
          ),
        )}
      </p>
    </details>
  );
}

/** As many as are shown without being asked for. */
const ROWS_OPEN = 6;
