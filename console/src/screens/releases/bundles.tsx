import { useSearch } from "@tanstack/react-router";
import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { Bundles } from "../../api/wire.ts";
import { BundleLink } from "../../links.tsx";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Pager } from "../../ui/pager.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { HEALTH_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";

type Bundle = Bundles["bundles"][number];

const COLUMNS: readonly Column<Bundle>[] = [
  {
    name: "bundle",
    cell: ({ bundle_id }) => (
      <span className="bundle">
        <BundleLink bundle={bundle_id}>{bundle_id}</BundleLink>
      </span>
    ),
  },
  { name: "is or was in", cell: ({ stays }) => <Stays stays={stays} /> },
  { name: "root digest", kind: "mid", cell: ({ root_digest }) => <Digest text={root_digest} /> },
  {
    name: "pack",
    kind: "wide",
    cell: ({ pack_id, pack_digest }) => (
      <>
        {pack_id} <Digest text={pack_digest} shown={8} />
      </>
    ),
  },
  { name: "built by", kind: "mid soft", cell: ({ built_by }) => built_by },
  {
    name: "brought in",
    kind: "soft",
    cell: ({ added_at, added_by }) => (
      <>
        <Time at={added_at} /> by {added_by}
      </>
    ),
  },
];

/** Every bundle that was promoted, and where it is. */
export function BundlesPart() {
  const { before } = useSearch({ from: "/t/$tenant/releases" });
  const ask = useAsk<"/t/$tenant/releases">();
  const query = useRead<Bundles>(pathWith("/v1/bundles", { before, limit: "50" }), RELEASE_STREAMS);
  return (
    <View
      query={query}
      empty={{
        when: ({ bundles }) => bundles.length === 0,
        says: "No bundle was promoted yet.",
        command: "countermark bundle build PACK --key release.pem --out shop.bundle",
      }}
    >
      {({ bundles, next }) => (
        <>
          <Table columns={COLUMNS} rows={bundles} keyOf={({ bundle_id }) => bundle_id} />
          <Pager isFirst={before === undefined} next={next} onTurn={(before) => ask({ before })} />
        </>
      )}
    </View>
  );
}

/** Where a bundle is, and was, and how it does there. */
export const Stays = ({ stays }: Pick<Bundle, "stays">) => (
  <ul className="stays">
    {stays.map(({ environment, health, is_current }) => (
      <li key={environment} className={is_current ? "" : "soft"}>
        {is_current ? environment : `was in ${environment}`} <Badge look={HEALTH_LOOKS[health]} />
      </li>
    ))}
    {stays.length === 0 ? <li className="soft">nowhere</li> : null}
  </ul>
);
