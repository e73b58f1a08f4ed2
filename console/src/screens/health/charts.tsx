import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { utcSecond } from "../../../../src/contracts/told-time.ts";
import type { Series } from "../../api/wire.ts";
import { MARKS } from "../../ui/tone.ts";
import { type Figure, figuresOf, isBlank } from "./figures.ts";

/** Drawing takes a library of its own: it is loaded with the first chart. */
const Plot = lazy(async () => ({ default: (await import("./plot.tsx")).Plot }));

interface ChartsProps {
  readonly series: Series;
  readonly onChoose: (from: number, to: number) => void;
}

/** A time in four charts that point at one and the same part. */
export function Charts({ series, onChoose }: ChartsProps) {
  const figures = useMemo(() => figuresOf(series), [series]);
  const isCut = Date.parse(series.complete_since) > Date.parse(series.from);
  return (
    <>
      {isCut ? (
        <p className="problem" role="status">
          More ended than one answer counts: what is drawn is complete since {utcSecond(series.complete_since)}.
        </p>
      ) : null}
      <div className="charts">
        {figures.map((figure) => (
          <Chart key={figure.title} figure={figure} onChoose={onChoose} />
        ))}
      </div>
    </>
  );
}

function Chart({ figure, onChoose }: { readonly figure: Figure; readonly onChoose: ChartsProps["onChoose"] }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const at = pointed === null ? undefined : figure.at[pointed];
  const point = useCallback((index: number | null) => setPointed(index), []);
  return (
    <figure>
      <figcaption>
        <h2>{figure.title}</h2>{" "}
        <span className="soft">{at === undefined ? figure.sum : utcSecond(new Date(at).toISOString())}</span>
      </figcaption>
      {isBlank(figure) ? (
        <p className="soft nothing">{figure.none}</p>
      ) : (
        <>
          <Suspense fallback={<p className="soft loading nothing">drawing …</p>}>
            <Plot figure={figure} onPoint={point} onChoose={onChoose} />
          </Suspense>
          <Legend figure={figure} pointed={pointed} />
          <Numbers figure={figure} />
        </>
      )}
    </figure>
  );
}

/** What is drawn how; while a part is pointed at, its values. */
function Legend({ figure, pointed }: { readonly figure: Figure; readonly pointed: number | null }) {
  return (
    <ul className="legend">
      {figure.traces.map(({ label, tone, values }) => {
        const value = pointed === null ? undefined : values[pointed];
        return (
          <li key={label}>
            <span className={tone} aria-hidden="true">
              {MARKS[tone]}
            </span>{" "}
            {label}
            {value === undefined ? null : <strong> {value === null ? "none" : figure.text(value)}</strong>}
          </li>
        );
      })}
    </ul>
  );
}

/** The same as numbers: for who cannot see the chart, and for who wants to copy it. */
function Numbers({ figure }: { readonly figure: Figure }) {
  const rows = figure.at
    .map((at, index) => ({ at, values: figure.traces.map(({ values }) => values[index] ?? null) }))
    .filter(({ values }) => values.some((value) => value !== null && value !== 0));
  return (
    <details>
      <summary>as numbers</summary>
      <div className="scroll tall">
        <table>
          <thead>
            <tr>
              <th>from (UTC)</th>
              {figure.traces.map(({ label }) => (
                <th key={label} className="number">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ at, values }) => (
              <tr key={at}>
                <td>{utcSecond(new Date(at).toISOString())}</td>
                {values.map((value, index) => (
                  <td key={figure.traces[index]?.label} className="number">
                    {value === null ? "none" : figure.text(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
