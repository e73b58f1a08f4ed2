import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { Policies } from "../../api/wire.ts";
import { DecisionLink, PolicyLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { lintText } from "./lint.ts";

type Known = Policies["policies"][number];

const COLUMNS: readonly Column<Known>[] = [
  {
    name: "policy",
    cell: ({ id, version, digest }) => (
      <PolicyLink policy={digest}>
        {id} {version}
      </PolicyLink>
    ),
  },
  {
    name: "about",
    kind: "mid soft",
    cell: ({ title, is_ours }) => title ?? (is_ours ? "comes with the program" : ""),
  },
  {
    name: "lint",
    cell: ({ findings }) =>
      findings === null ? <span className="soft">open it to see</span> : <Badge look={lintText(findings)} />,
  },
  {
    name: "said last",
    cell: ({ last }) => (last === null ? <span className="soft">nothing yet</span> : <Said {...last} />),
  },
  { name: "digest", kind: "wide", cell: ({ digest }) => <Digest text={digest} /> },
];

const Said = ({ evaluation_id, verdict, recorded_at }: NonNullable<Known["last"]>) => (
  <>
    <DecisionLink evaluation={evaluation_id}>
      <Badge look={VERDICT_LOOKS[verdict]} />
    </DecisionLink>{" "}
    <span className="soft">
      <Time at={recorded_at} />
    </span>
  </>
);

/** Every policy that is known, with what lint says of it and what it said last. */
export function PoliciesPart() {
  const query = useRead<Policies>("/v1/gates/policies", RELEASE_STREAMS);
  return (
    <View
      query={query}
      empty={{
        when: ({ policies }) => policies.length === 0,
        says: "No policy is known.",
        command: "countermark gate eval policies/canary.yaml",
      }}
    >
      {({ policies }) => <Table columns={COLUMNS} rows={policies} keyOf={({ digest }) => digest} />}
    </View>
  );
}
