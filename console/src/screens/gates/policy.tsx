import { Link, useParams } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { Evaluations, ShownPolicy } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Marked } from "../../ui/marked.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { View } from "../../ui/view.tsx";
import { Backtest } from "./backtest.tsx";
import { DecisionTable } from "./decisions.tsx";
import { LEVEL_LOOKS, lintText } from "./lint.ts";
import "./gates.css";

/** A policy: what it asks, what lint says of it, what it would have said, and what it did say. */
export function PolicyScreen() {
  const { tenant, policy } = useParams({ from: "/t/$tenant/gates/policies/$policy" });
  const query = useRead<ShownPolicy>(`/v1/gates/policies/${policy}`, RELEASE_STREAMS);
  return (
    <View query={query}>
      {(shown) => (
        <article>
          <p className="crumb">
            <Link to="/t/$tenant/gates" params={{ tenant }} search={{ tab: "policies" }}>
              Policies
            </Link>
          </p>
          <header>
            <div className="heading">
              <h1>
                {shown.id} {shown.version}
              </h1>
              <Digest text={shown.digest} shown={24} />
            </div>
            {shown.title === null ? null : <p className="why">{shown.title}</p>}
          </header>
          <Lint shown={shown} />
          <Asked shown={shown} />
          <Backtest shown={shown} />
          <Said shown={shown} />
          <details>
            <summary>as it is written</summary>
            <pre className="json">{shown.text}</pre>
          </details>
        </article>
      )}
    </View>
  );
}

interface PolicyProps {
  readonly shown: ShownPolicy;
}

const Lint = ({ shown: { findings } }: PolicyProps) => (
  <section>
    <h2>
      Lint <Badge look={lintText(findings)} />
    </h2>
    {findings.length === 0 ? <p className="soft">each gate can be passed, and can be failed</p> : null}
    <ul className="plain">
      {findings.map(({ level, gate, profile, code, message }) => (
        <li key={`${gate} ${profile} ${message}`}>
          <Badge look={LEVEL_LOOKS[level]} /> <strong>{gate}</strong>
          {profile === null ? "" : ` (${profile})`}: {message} {code === null ? null : <code>{code}</code>}
        </li>
      ))}
    </ul>
  </section>
);

const GATES: readonly Column<ShownPolicy["gates"][number]>[] = [
  {
    name: "gate",
    cell: ({ id, title }) => (
      <>
        {id}
        {title === null ? null : <p className="soft">{title}</p>}
      </>
    ),
  },
  { name: "measures", kind: "mid", cell: ({ metrics }) => metrics.join(", ") },
  { name: "where it is missed", kind: "soft", cell: ({ remedy }) => <Marked text={remedy} /> },
  { name: "may be waived", kind: "mid", cell: ({ waivable }) => (waivable ? "yes" : "no") },
];

const Asked = ({ shown: { gates, profiles, waived_max } }: PolicyProps) => (
  <section>
    <h2>What it asks</h2>
    {profiles.length === 0 ? null : (
      <p className="soft">
        in the profiles {profiles.map((name) => `${name} (${waived_max[name] ?? 0} gates waived at most)`).join(", ")}
      </p>
    )}
    <Table columns={GATES} rows={gates} keyOf={({ id }) => id} />
  </section>
);

function Said({ shown: { id } }: PolicyProps) {
  const query = useRead<Evaluations>(pathWith("/v1/gates/evaluations", { policy: id, limit: "10" }));
  return (
    <section>
      <h2>What it said</h2>
      <View
        query={query}
        empty={{
          when: ({ evaluations }) => evaluations.length === 0,
          says: "It was not evaluated yet.",
          command: `countermark gate eval policies/${id}.yaml`,
        }}
      >
        {({ evaluations }) => <DecisionTable evaluations={evaluations} />}
      </View>
    </section>
  );
}
