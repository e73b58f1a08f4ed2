import { Link, useSearch } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { Evaluation, Evaluations } from "../../api/wire.ts";
import { BundleLink, DecisionLink } from "../../links.tsx";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { TextField } from "../../ui/field.tsx";
import { Pager } from "../../ui/pager.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import type { GatesSearch } from "./search.ts";

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
            <DecisionTable evaluations={evaluations} held={search.with} of={policy} />
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
  /** Its policy: until the list of that policy's decisions is there, those of others stand in it. */
  readonly of?: string | undefined;
}

export const DecisionTable = ({ evaluations, held, of }: DecisionTableProps) => (
  <Table
    columns={[
      ...COLUMNS,
      {
        name: "compare",
        cell: (one) => (held === undefined || one.policy_id === of ? <Compare one={one} held={held} /> : null),
      },
    ]}
    rows={evaluations}
    keyOf={({ evaluation_id }) => evaluation_id}
  />
);

const COLUMNS: readonly Column<Evaluation>[] = [
  {
    name: "verdict",
    cell: ({ verdict, cause }) => (
      <>
        <Badge look={VERDICT_LOOKS[verdict]} />
        {cause === "missing" ? <span className="soft mid"> for want of evidence</span> : null}
      </>
    ),
  },
  {
    name: "policy",
    cell: ({ evaluation_id, policy_id, policy_version, profile }) => (
      <>
        <DecisionLink evaluation={evaluation_id}>
          {policy_id} {policy_version}
        </DecisionLink>
        {profile === null ? null : <span className="soft"> · {profile}</span>}
      </>
    ),
  },
  { name: "about", cell: ({ subject }) => <Subject subject={subject} /> },
  { name: "on", kind: "mid soft", cell: ({ source }) => (source === "ledger" ? "the ledger" : "imported evidence") },
  { name: "by", kind: "mid soft", cell: ({ recorded_by }) => recorded_by },
  { name: "when", kind: "moment", cell: ({ recorded_at }) => <Time at={recorded_at} /> },
];

function Compare({ one, held }: { readonly one: Evaluation; readonly held: string | undefined }) {
  const tenant = useTenant();
  if (held === one.evaluation_id) return <span className="soft">this one</span>;
  return held === undefined ? (
    <Link to="/t/$tenant/gates" params={{ tenant }} search={{ policy: one.policy_id, with: one.evaluation_id }}>
      compare …
    </Link>
  ) : (
    <Link to="/t/$tenant/gates/compare" params={{ tenant }} search={{ a: held, b: one.evaluation_id }}>
      lay beside
    </Link>
  );
}

const ROOT = /^[0-9a-f]{64}$/;

/** What a decision is about: a bundle by its root digest is a link to it. */
export function Subject({ subject }: { readonly subject: string | null }) {
  if (subject === null) return <span className="soft">everything</span>;
  if (!ROOT.test(subject)) return <span>{subject}</span>;
  return (
    <BundleLink bundle={subject} title={`the bundle of root ${subject}`}>
      <code>{subject.slice(0, 12)}…</code>
    </BundleLink>
  );
}
