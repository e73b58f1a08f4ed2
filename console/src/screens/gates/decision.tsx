import { useParams } from "@tanstack/react-router";
import { drawnOf } from "../../../../src/gate/scale.ts";
import { flipText, isTold } from "../../../../src/gate/words.ts";
import { useRead } from "../../api/query.ts";
import type { Decision, Evaluation, GateRow } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { GATE_LOOKS, VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";

interface Shown {
  readonly evaluation: Evaluation;
  readonly count: number;
  readonly decision: Decision;
  readonly packet: string;
}

/** A decision: for each gate what was measured, against what, and what would flip it. */
export function DecisionScreen() {
  const { evaluation } = useParams({ from: "/t/$tenant/gates/$evaluation" });
  const query = useRead<Shown>(`/v1/gates/evaluations/${evaluation}`);
  return (
    <View query={query}>
      {(shown) => (
        <article>
          <Heading {...shown} />
          <Gates gates={shown.decision.gates} />
          {shown.decision.gates.filter(isTold).map((row) => (
            <Told key={row.id} row={row} />
          ))}
          <Waivers waivers={shown.decision.waivers} />
        </article>
      )}
    </View>
  );
}

function Heading({ evaluation, count, decision, packet }: Shown) {
  return (
    <header>
      <div className="heading">
        <h1>
          <Badge look={VERDICT_LOOKS[decision.verdict]} /> {decision.policy.id} {decision.policy.version}
        </h1>
        <button
          type="button"
          onClick={() => save(packet, `${decision.policy.id}-${decision.digest.slice(0, 12)}.html`)}
        >
          save the packet
        </button>
      </div>
      {decision.blocked_by.length === 0 ? null : <p className="why">Blocked by {decision.blocked_by.join(", ")}.</p>}
      <dl className="facts">
        <dt>decided for</dt>
        <dd>
          <Time at={decision.decided_at} full />, holds until <Time at={decision.valid_until} />
        </dd>
        <dt>evaluated</dt>
        <dd>
          {count} {count === 1 ? "time" : "times"} about this, by {evaluation.recorded_by}
        </dd>
        <dt>decision</dt>
        <dd>
          <Digest text={decision.digest} shown={64} />
        </dd>
        <dt>policy</dt>
        <dd>
          <Digest text={decision.policy.digest} />
        </dd>
        <dt>evidence</dt>
        <dd>
          <Digest text={decision.evidence.digest} />{" "}
          {Object.entries(decision.evidence.units)
            .map(([kind, units]) => `${units} ${kind}`)
            .join(", ")}
        </dd>
      </dl>
    </header>
  );
}

/** Offers the packet as a file: from it, `countermark decide` reaches the same decision anywhere. */
function save(packet: string, name: string): void {
  const url = URL.createObjectURL(new Blob([packet], { type: "text/html" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

const Gates = ({ gates }: { readonly gates: readonly GateRow[] }) => (
  <div className="scroll">
    <table>
      <thead>
        <tr>
          <th>gate</th>
          <th>status</th>
          <th className="number">value</th>
          <th>against its limit</th>
          <th>rule</th>
          <th className="number">sample</th>
          <th>severity</th>
        </tr>
      </thead>
      <tbody>
        {gates.map((row) => (
          <tr key={row.id}>
            <td>{row.id}</td>
            <td>
              <Badge look={GATE_LOOKS[row.status]} />
              {row.standing === "counts" ? null : <span className="soft"> {row.standing}</span>}
            </td>
            <td className="number">{row.value ?? "–"}</td>
            <td>
              <Interval row={row} />
            </td>
            <td>
              <code>{row.rule}</code>
            </td>
            <td className="number">{row.sample}</td>
            <td>{row.severity ?? ""}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

/** Value, interval and limit of a proportion. */
function Interval({ row }: { readonly row: GateRow }) {
  const drawn = drawnOf(row);
  if (drawn === null) return null;
  const { from, to, value, bound, limit } = drawn;
  const says = `${row.value ?? ""}${row.bound === null ? "" : `, bound ${row.bound}`}, limit ${row.rule}`;
  return (
    <svg className="interval" viewBox="-22 0 144 16" role="img" aria-label={says}>
      <text x="-3" y="11" textAnchor="end">
        {from}
      </text>
      <text x="103" y="11">
        {to}
      </text>
      <line x1="0" y1="8" x2="100" y2="8" className="axis" />
      {bound === null ? null : <line x1={bound} y1="8" x2={value} y2="8" className="span" />}
      <line x1={limit} y1="2" x2={limit} y2="14" className="limit" />
      <circle cx={value} cy="8" r="3" className={row.status === "PASS" ? "pass" : "miss"} />
    </svg>
  );
}

const Told = ({ row }: { readonly row: GateRow }) => (
  <section className="told">
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
        <p>It would pass with</p>
        <ul>
          {row.flip.map((flip) => (
            <li key={flip.change}>{flipText(flip)}</li>
          ))}
        </ul>
      </>
    )}
    {row.failing.count === 0 ? null : (
      <details>
        <summary>
          {row.failing.count} {row.failing.count === 1 ? "row" : "rows"} of evidence at fault
        </summary>
        <p className="rows">
          {row.failing.rows.map((id) => (
            <code key={id}>{id}</code>
          ))}
        </p>
      </details>
    )}
    <p className="soft">{row.remedy}</p>
  </section>
);

function Waivers({ waivers }: { readonly waivers: Decision["waivers"] }) {
  if (waivers.applied.length + waivers.rejected.length === 0) return null;
  return (
    <section>
      <h2>Waivers</h2>
      <ul>
        {waivers.applied.map((one) => (
          <li key={one.waiver}>
            {one.waiver} covers {one.gate}, by {one.approved_by.join(" and ")}, until <Time at={one.expires_at} />:{" "}
            {one.reason}
          </li>
        ))}
        {waivers.rejected.map((one) => (
          <li key={one.waiver}>
            {one.waiver} has no effect: {one.detail} <code>{one.code}</code>
          </li>
        ))}
      </ul>
    </section>
  );
}
