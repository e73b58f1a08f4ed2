import { Link, useSearch } from "@tanstack/react-router";
import { flipText } from "../../../../src/gate/words.ts";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { GateRow, ShownEvaluation } from "../../api/wire.ts";
import { DecisionLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { GATE_LOOKS, type Look, VERDICT_LOOKS } from "../../ui/tone.ts";
import { Empty, View } from "../../ui/view.tsx";
import { compared, type Difference, type GateTurn, type Turn } from "./compare.ts";
import { Subject } from "./decisions.tsx";
import { Interval } from "./interval.tsx";
import "./gates.css";

/** Two decisions side by side: what they rest on, where they part, and which gates turned. */
export function CompareScreen() {
  const { a, b } = useSearch({ from: "/t/$tenant/gates/compare" });
  return a === "" || b === "" ? (
    <Empty
      says="Choose two decisions: compare … on one of them, then lay the other beside."
      command="countermark gate list"
    />
  ) : (
    <Beside a={a} b={b} />
  );
}

function Beside({ a, b }: { readonly a: string; readonly b: string }) {
  const before = useRead<ShownEvaluation>(`/v1/gates/evaluations/${a}?packet=none`, RELEASE_STREAMS);
  const after = useRead<ShownEvaluation>(`/v1/gates/evaluations/${b}?packet=none`, RELEASE_STREAMS);
  const tenant = useTenant();
  return (
    <section>
      <p className="crumb">
        <Link to="/t/$tenant/gates" params={{ tenant }}>
          Gates
        </Link>
      </p>
      <div className="heading">
        <h1>Two decisions</h1>
        <Link to="." search={{ a: b, b: a }} className="button">
          swap them
        </Link>
      </div>
      <View query={before}>{(was) => <View query={after}>{(is) => <Sides was={was} is={is} />}</View>}</View>
    </section>
  );
}

interface SidesProps {
  readonly was: ShownEvaluation;
  readonly is: ShownEvaluation;
}

function Sides({ was, is }: SidesProps) {
  const { differences, gates } = compared(was.decision, is.decision);
  return (
    <>
      <div className="sides">
        <Side called="before" shown={was} />
        <Side called="after" shown={is} />
      </div>
      <h2>What they rest on</h2>
      {differences.length === 0 ? (
        <p className="soft">the very same: they are one decision</p>
      ) : (
        <Table columns={DIFFERENCES} rows={differences} keyOf={({ what }) => what} />
      )}
      <h2 className="turns">Gates</h2>
      <Table columns={TURNS} rows={gates} keyOf={({ id }) => id} isDense={false} />
    </>
  );
}

function Side({
  called,
  shown: { evaluation, decision },
}: {
  readonly called: string;
  readonly shown: ShownEvaluation;
}) {
  return (
    <article className={`verdict ${VERDICT_LOOKS[decision.verdict].tone}`}>
      <h2>{called}</h2>
      <p className="sentence">
        <Badge look={VERDICT_LOOKS[decision.verdict]} />{" "}
        <DecisionLink evaluation={evaluation.evaluation_id}>
          {evaluation.policy_id} {evaluation.policy_version}
        </DecisionLink>
      </p>
      <p>
        about <Subject subject={evaluation.subject} />, <Time at={decision.decided_at} full />
      </p>
      <p className="soft">
        {decision.blocked_by.length === 0 ? "nothing blocks" : `blocked by ${decision.blocked_by.join(", ")}`}
      </p>
    </article>
  );
}

const TURN_LOOKS: { readonly [T in Turn]: Look } = {
  better: { label: "passes now", tone: "good" },
  worse: { label: "no longer passes", tone: "bad" },
  moved: { label: "moved", tone: "busy" },
  same: { label: "the same", tone: "idle" },
  added: { label: "is new", tone: "busy" },
  gone: { label: "is gone", tone: "wait" },
};

const DIFFERENCES: readonly Column<Difference>[] = [
  { name: "differs in", cell: ({ what }) => what },
  { name: "before", kind: "soft", cell: ({ before }) => before },
  { name: "after", cell: ({ after }) => after },
];

const TURNS: readonly Column<GateTurn>[] = [
  { name: "gate", cell: ({ id }) => id },
  { name: "turned", cell: ({ turn }) => <Badge look={TURN_LOOKS[turn]} /> },
  { name: "before", cell: ({ before }) => <Measured row={before} /> },
  { name: "after", cell: ({ after }) => <Measured row={after} /> },
  { name: "what would flip it", kind: "mid soft", cell: ({ after }) => after?.flip.map(flipText).join(", or ") ?? "" },
];

const Measured = ({ row }: { readonly row: GateRow | null }) =>
  row === null ? (
    <span className="soft">not there</span>
  ) : (
    <>
      <Badge look={GATE_LOOKS[row.status]} /> {row.value ?? "–"}
      <Interval row={row} />
    </>
  );
