import type { ReactNode } from "react";
import "./table.css";

/** A column: its name, what each row has in it, and how that looks. */
export interface Column<R> {
  readonly name: string;
  /** `number`, `moment`, `soft`; `mid` and `wide` where only screens of some width have it. */
  readonly kind?: string;
  readonly cell: (row: R) => ReactNode;
}

interface TableProps<R> {
  readonly columns: readonly Column<R>[];
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => string;
  readonly isDense?: boolean;
  /** What stands under the rows. */
  readonly foot?: ReactNode;
}

/** Rows in columns; what is wider than its room is scrolled. */
export const Table = <R,>({ columns, rows, keyOf, isDense = true, foot = null }: TableProps<R>) => (
  <div className="scroll">
    <table className={isDense ? "dense" : ""}>
      <thead>
        <tr>
          {columns.map(({ name, kind }) => (
            <th key={name} className={kind}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ name, kind, cell }) => (
              <td key={name} className={kind}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      {foot}
    </table>
  </div>
);
