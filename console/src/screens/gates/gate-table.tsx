import { flipText, isTold } from "../../../../src/gate/words.ts";
import type { Evaluation, GateRow } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { counted } from "../../ui/count.ts";
import { Marked } from "../../ui/marked.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { GATE_LOOKS } from "../../ui/tone.ts";
import { Interval } from "./interval.tsx";

const COLUMNS: readonly Column<GateRow>[] = [
  { name: "gate", cell: (row) => (isTold(row) ? <a href={`#${row.id}`}>{row.id}</a> : row.id) },
  {
    name: "status",
    cell: ({ status, standing }) => (
      <>
        <Badge look={GATE_LOOKS[status]} />
        {standing === "counts" ? null : <span className="soft"> {standing}</span>}
      </>
    ),
  },
  { name: "value", kind: "number", cell: ({ value }) => value ?? "–" },
  { name: "against its limit", cell: (row) => <Interval row={row} /> },
  {
    name: "sample",
    kind: "number",
    cell: ({ sample, sample_min }) => (
      <>
        {sample}
        {sample < sample_min ? <span className="wait"> of {sample_min}</span> : null}
      </>
    ),
  },
  { name: "rule", kind: "mid", cell: ({ rule }) => <code>{rule}</code> },
  { name: "severity", kind: "mid", cell: ({ severity }) => severity },
];

/** Every gate of a decision: what was measured, on how much, against what. */
export const GateTable = ({ gates }: { readonly gates: readonly GateRow[] }) => (
  <Table columns={COLUMNS} rows={gates} keyOf={({ id }) => id} isDense={false} />
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
  const { count, rows } = row.failing;
  if (count === 0) return null;
  return (
    <details open={count <= ROWS_OPEN}>
      <summary>
        {counted(count, "row")} of evidence at fault
        {rows.length < count ? `, the first ${rows.length}` : ""}
      </summary>
      <p className="rows">
        {rows.map((id) =>
          isLedger && RUN.test(id) ? (
            <RunLink key={id} run={id}>
              <code>{id}</code>
            </RunLink>
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
