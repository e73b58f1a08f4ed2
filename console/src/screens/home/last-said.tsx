import type { Evaluation } from "../../api/wire.ts";
import { DecisionLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { Subject } from "../gates/decisions.tsx";

/** The last decision of each policy, about whatever it was. */
export function LastSaid({ evaluations }: { readonly evaluations: readonly Evaluation[] }) {
  return (
    <section>
      <h2>Gates said last</h2>
      {evaluations.length === 0 ? (
        <p className="soft">
          nothing yet: <code>countermark gate eval POLICY</code> decides by a policy
        </p>
      ) : (
        <ul className="plain">
          {evaluations.map((one) => (
            <li key={one.evaluation_id}>
              <Badge look={VERDICT_LOOKS[one.verdict]} />{" "}
              <DecisionLink evaluation={one.evaluation_id}>
                {one.policy_id} {one.policy_version}
              </DecisionLink>{" "}
              <span className="soft">
                about <Subject subject={one.subject} />, <Time at={one.recorded_at} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
