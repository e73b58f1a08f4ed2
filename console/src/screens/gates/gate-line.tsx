import { GATE_LOOKS } from "../../ui/tone.ts";
import type { GateLine } from "./backtest.ts";
import "./gates.css";

const WIDTH = 240;
const HEIGHT = 48;

/** Gates over some instants: those that always pass are named, the others are drawn. */
export function GateLines({ lines }: { readonly lines: readonly GateLine[] }) {
  const isQuiet = ({ points }: GateLine): boolean => points.every(({ status }) => status === "PASS");
  const quiet = lines.filter(isQuiet);
  return (
    <>
      {quiet.length === 0 ? null : (
        <p>
          <span className="good">✓ always {quiet.length === 1 ? "passes" : "pass"}:</span>{" "}
          {quiet.map(({ id }) => id).join(", ")}
        </p>
      )}
      <ul className="lines">
        {lines
          .filter((line) => !isQuiet(line))
          .map((line) => (
            <li key={line.id}>
              <GateLineFigure line={line} />
            </li>
          ))}
      </ul>
    </>
  );
}

/** One gate's value over the instants, its limit across. */
function GateLineFigure({ line: { id, rule, from, to, limit, points } }: { readonly line: GateLine }) {
  const x = (index: number): number =>
    points.length < 2 ? WIDTH / 2 : 4 + (index / (points.length - 1)) * (WIDTH - 8);
  const y = (height: number): number => HEIGHT - 4 - (height / 100) * (HEIGHT - 8);
  const path = points
    .flatMap(({ height }, index) => (height === null ? [] : [`${x(index).toFixed(1)} ${y(height).toFixed(1)}`]))
    .join(" L");
  const passed = points.filter(({ status }) => status === "PASS").length;
  const hasFailed = points.some(({ status }) => status === "FAIL");
  return (
    <figure>
      <figcaption>
        <strong>{id}</strong> <span className="soft">{rule}</span>{" "}
        <span className={hasFailed ? "bad" : "wait"}>
          {hasFailed ? "✕" : "◔"} passes at {passed} of {points.length}
        </span>
      </figcaption>
      <div className="drawn">
        <p className="scale soft">
          <span>{to}</span>
          <span>{from}</span>
        </p>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          className="line-chart"
          role="img"
          aria-label={`${id} from ${from} to ${to}`}
        >
          {limit === null ? null : <line x1="0" x2={WIDTH} y1={y(limit)} y2={y(limit)} className="limit" />}
          {path === "" ? null : <path d={`M${path}`} className="value" />}
          {points.map(({ at, status, height }, index) => (
            <circle
              key={at}
              cx={x(index)}
              cy={height === null ? HEIGHT - 4 : y(height)}
              r={status === "PASS" ? 1.5 : 2.5}
              className={GATE_LOOKS[status].tone}
            />
          ))}
        </svg>
      </div>
    </figure>
  );
}
