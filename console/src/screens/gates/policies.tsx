import { Link } from "@tanstack/react-router";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { Policies } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { lintText } from "./lint.ts";
import "../../ui/table.css";

type Known = Policies["policies"][number];

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
      {({ policies }) => (
        <div className="scroll">
          <table className="dense">
            <thead>
              <tr>
                <th>policy</th>
                <th className="mid">about</th>
                <th>lint</th>
                <th>said last</th>
                <th className="wide">digest</th>
              </tr>
            </thead>
            <tbody>
              {policies.map((one) => (
                <PolicyRow key={one.digest} one={one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </View>
  );
}

function PolicyRow({ one }: { readonly one: Known }) {
  const tenant = useTenant();
  const { id, version, digest, title, findings, is_ours, last } = one;
  return (
    <tr>
      <td>
        <Link to="/t/$tenant/gates/policies/$policy" params={{ tenant, policy: digest }}>
          {id} {version}
        </Link>
      </td>
      <td className="mid soft">{title ?? (is_ours ? "comes with the program" : "")}</td>
      <td>{findings === null ? <span className="soft">open it to see</span> : <Badge look={lintText(findings)} />}</td>
      <td>
        {last === null ? (
          <span className="soft">nothing yet</span>
        ) : (
          <>
            <Link to="/t/$tenant/gates/$evaluation" params={{ tenant, evaluation: last.evaluation_id }}>
              <Badge look={VERDICT_LOOKS[last.verdict]} />
            </Link>{" "}
            <span className="soft">
              <Time at={last.recorded_at} />
            </span>
          </>
        )}
      </td>
      <td className="wide">
        <Digest text={digest} />
      </td>
    </tr>
  );
}
