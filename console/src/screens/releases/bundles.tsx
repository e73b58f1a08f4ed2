import { Link, useSearch } from "@tanstack/react-router";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { Bundles } from "../../api/wire.ts";
import { useAsk } from "../../ui/ask.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Time } from "../../ui/time.tsx";
import { HEALTH_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { pathWith } from "../ledger/search.ts";
import "../../ui/table.css";

type Bundle = Bundles["bundles"][number];

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
          <div className="scroll">
            <table className="dense">
              <thead>
                <tr>
                  <th>bundle</th>
                  <th>is or was in</th>
                  <th className="mid">root digest</th>
                  <th className="wide">pack</th>
                  <th className="mid">built by</th>
                  <th>brought in</th>
                </tr>
              </thead>
              <tbody>
                {bundles.map((one) => (
                  <BundleRow key={one.bundle_id} one={one} />
                ))}
              </tbody>
            </table>
          </div>
          <Pager isFirst={before === undefined} next={next} onTurn={(before) => ask({ before })} />
        </>
      )}
    </View>
  );
}

function BundleRow({ one }: { readonly one: Bundle }) {
  const tenant = useTenant();
  return (
    <tr>
      <td>
        <Link to="/t/$tenant/releases/$bundle" params={{ tenant, bundle: one.bundle_id }} className="bundle">
          {one.bundle_id}
        </Link>
      </td>
      <td>
        <Stays stays={one.stays} />
      </td>
      <td className="mid">
        <Digest text={one.root_digest} />
      </td>
      <td className="wide">
        {one.pack_id} <Digest text={one.pack_digest} shown={8} />
      </td>
      <td className="mid soft">{one.built_by}</td>
      <td className="soft">
        <Time at={one.added_at} /> by {one.added_by}
      </td>
    </tr>
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
