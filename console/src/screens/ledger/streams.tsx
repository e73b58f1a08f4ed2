import { Link, useSearch } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { Streams } from "../../api/wire.ts";
import { useAsk } from "../../ui/ask.ts";
import { Digest } from "../../ui/digest.tsx";
import { Pager } from "../../ui/pager.tsx";
import { View } from "../../ui/view.tsx";
import { pathWith } from "./search.ts";
import "../../ui/table.css";

/** Every stream with its head. */
export function StreamsPart() {
  const tenant = useTenant();
  const { before: after } = useSearch({ from: "/t/$tenant/ledger" });
  const ask = useAsk<"/t/$tenant/ledger">();
  const query = useRead<Streams>(pathWith("/v1/ledger/streams", { after, limit: "100" }));
  return (
    <View
      query={query}
      empty={{
        when: ({ streams }) => streams.length === 0,
        says: "No stream yet.",
        command: "countermark run start WORKFLOW --input FILE",
      }}
    >
      {({ streams, next }) => (
        <>
          <div className="scroll">
            <table className="dense">
              <thead>
                <tr>
                  <th>stream</th>
                  <th className="number">events</th>
                  <th>head</th>
                </tr>
              </thead>
              <tbody>
                {streams.map(({ stream, seq, hash }) => (
                  <tr key={stream}>
                    <td>
                      <Link to="/t/$tenant/ledger/$stream" params={{ tenant, stream }}>
                        <code>{stream}</code>
                      </Link>
                    </td>
                    <td className="number">{seq.toLocaleString("en")}</td>
                    <td>
                      <Digest text={hash} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <Pager isFirst={after === undefined} next={next} onTurn={(before) => ask({ before })} />
        </>
      )}
    </View>
  );
}
