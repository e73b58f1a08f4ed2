import { Link } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { Evaluations } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";

/** What policies decided, the newest first. */
export function GatesScreen() {
  const tenant = useTenant();
  const query = useRead<Evaluations>("/v1/gates/evaluations?limit=100");
  return (
    <section>
      <h1>Gates</h1>
      <View
        query={query}
        empty={{
          when: ({ evaluations }) => evaluations.length === 0,
          says: "No policy was evaluated yet.",
          command: "countermark gate eval policies/canary.yaml",
        }}
      >
        {({ evaluations }) => (
          <div className="scroll">
            <table>
              <thead>
                <tr>
                  <th>verdict</th>
                  <th>policy</th>
                  <th>about</th>
                  <th>on</th>
                  <th>decision</th>
                  <th>when</th>
                </tr>
              </thead>
              <tbody>
                {evaluations.map((one) => (
                  <tr key={one.evaluation_id}>
                    <td>
                      <Badge look={VERDICT_LOOKS[one.verdict]} />
                    </td>
                    <td>
                      <Link to="/t/$tenant/gates/$evaluation" params={{ tenant, evaluation: one.evaluation_id }}>
                        {one.policy_id} {one.policy_version}
                      </Link>
                      {one.profile === null ? null : <span className="soft"> · {one.profile}</span>}
                    </td>
                    <td>
                      {one.subject === null ? <span className="soft">everything</span> : <Digest text={one.subject} />}
                    </td>
                    <td className="soft">{one.source === "ledger" ? "the ledger" : "imported evidence"}</td>
                    <td>
                      <Digest text={one.decision_sha256} />
                    </td>
                    <td>
                      <Time at={one.recorded_at} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </View>
    </section>
  );
}
