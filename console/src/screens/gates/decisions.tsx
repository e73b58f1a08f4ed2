import { Link, useSearch } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { Evaluation, Evaluations } from "../../api/wire.ts";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { TextField } from "../../ui/field.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import type { GatesSearch } from "./search.ts";
import "../../ui/table.css";

/** What policies decided, the newest first; any two can be laid side by side. */
export function DecisionsPart() {
  const search = useSearch({ from: "/t/$tenant/gates" });
  const ask = useAsk<"/t/$tenant/gates">();
  const { policy, subject, before } = search;
  const query = useRead<Evaluations>(pathWith("/v1/gates/evaluations", { policy, subject, before, limit: "50" }));
  return (
    <>
      <Fields search={search} />
      {search.with === undefined ? null : (
        <p className="why">
          Choose the decision to lay beside it, or{" "}
          <Link from="/t/$tenant/gates" to="." search={(held) => ({ ...held, with: undefined })}>
            leave it
          </Link>
          .
        </p>
      )}
      <View
        query={query}
        empty={{
          when: ({ evaluations }) => evaluations.length === 0,
          says: "No policy was evaluated like this.",
          command: "countermark gate eval policies/canary.yaml",
        }}
      >
        {({ evaluations, next }) => (
          <>
            <DecisionTable evaluations={evaluations} held={search.with} />
            <Pager isFirst={before === undefined} next={next} onTurn={(before) => ask({ before })} />
          </>
        )}
      </View>
    </>
  );
}

function Fields({ search }: { readonly search: GatesSearch }) {
  const ask = useAsk<"/t/$tenant/gates">();
  return (
    <search className="fields">
      <TextField label="policy" value={search.policy} onCommit={(policy) => ask({ policy })} />
      <TextField
        label="about"
        value={search.subject}
        placeholder="any, such as a root digest"
        onCommit={(subject) => ask({ subject })}
      />
    </search>
  );
}

interface DecisionTableProps {
  readonly evaluations: readonly Evaluation[];
  /** The decision that another is to be laid beside. */
  readonly held?: string | undefined;
}

export const DecisionTable = ({ evaluations, held }: DecisionTableProps) => (
  <div className="scroll">
    <table className="dense">
      <thead>
        <tr>
          <th>verdict</th>
          <th>policy</th>
          <th>about</th>
          <th className="mid">on</th>
          <th className="mid">by</th>
          <th>when</th>
          <th>
            <span className="unseen">compare</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {evaluations.map((one) => (
          <DecisionRow key={one.evaluation_id} one={one} held={held} />
        ))}
      </tbody>
    </table>
  </div>
);

function DecisionRow({ one, held }: { readonly one: Evaluation; readonly held: string | undefined }) {
  const tenant = useTenant();
  const params = { tenant, evaluation: one.evaluation_id };
  return (
    <tr>
      <td>
        <Badge look={VERDICT_LOOKS[one.verdict]} />
        {one.cause === "missing" ? <span className="soft mid"> for want of evidence</span> : null}
      </td>
      <td>
        <Link to="/t/$tenant/gates/$evaluation" params={params}>
          {one.policy_id} {one.policy_version}
        </Link>
        {one.profile === null ? null : <span className="soft"> · {one.profile}</span>}
      </td>
      <td>
        <Subject subject={one.subject} />
      </td>
      <td className="mid soft">{one.source === "ledger" ? "the ledger" : "imported evidence"}</td>
      <td className="mid soft">{one.recorded_by}</td>
      <td className="moment">
        <Time at={one.recorded_at} />
      </td>
      <td>
        {held === one.evaluation_id ? (
          <span className="soft">this one</span>
        ) : held === undefined ? (
          <Link to="/t/$tenant/gates" params={{ tenant }} search={{ policy: one.policy_id, with: one.evaluation_id }}>
            compare …
          </Link>
        ) : (
          <Link to="/t/$tenant/gates/compare" params={{ tenant }} search={{ a: held, b: one.evaluation_id }}>
            lay beside
          </Link>
        )}
      </td>
    </tr>
  );
}

const ROOT = /^[0-9a-f]{64}$/;

/** What a decision is about: a bundle by its root digest is a link to it. */
export function Subject({ subject }: { readonly subject: string | null }) {
  const tenant = useTenant();
  if (subject === null) return <span className="soft">everything</span>;
  if (!ROOT.test(subject)) return <span>{subject}</span>;
  return (
    <Link to="/t/$tenant/releases/$bundle" params={{ tenant, bundle: subject }} title={`the bundle of root ${subject}`}>
      <code>{subject.slice(0, 12)}…</code>
    </Link>
  );
}
