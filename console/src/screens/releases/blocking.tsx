import { Link } from "@tanstack/react-router";
import { flipText } from "../../../../src/gate/words.ts";
import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { Evaluation, Evaluations, PromotionPreview, ShownEvaluation } from "../../api/wire.ts";
import { DecisionLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Marked } from "../../ui/marked.tsx";
import { GATE_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { checkText } from "./names.ts";
import type { Next } from "./next.ts";
import "./releases.css";

type Check = PromotionPreview["checks"][number];

/** What keeps a bundle out of an environment, each with the way to what is behind it; what holds already can be unfolded. */
export function Blocking({ next }: { readonly next: Next }) {
  if (next.refusal !== null)
    return (
      <p className="soft">
        <Marked text={next.refusal.message} /> <code>{next.refusal.code}</code>
      </p>
    );
  if (next.preview === null) return <p className="soft loading">reading …</p>;
  const { checks } = next.preview;
  const failing = checks.filter(({ passed }) => !passed);
  const passing = checks.filter(({ passed }) => passed);
  return (
    <>
      {failing.length === 0 ? (
        <p className="good">✓ nothing keeps it back: {checks.length} checks</p>
      ) : (
        <ul className="checks" aria-label="what keeps it back">
          {failing.map((check) => (
            <li key={check.check}>
              <FailedCheck check={check} root={next.bundle.root_digest} bundle={next.bundle.bundle_id} />
            </li>
          ))}
        </ul>
      )}
      {failing.length === 0 || passing.length === 0 ? null : (
        <details>
          <summary className="soft">
            {passing.length} of {checks.length} checks keep nothing back
          </summary>
          <ul className="checks">
            {passing.map((check) => (
              <li key={check.check} className={check.outcome === "pass" ? "good" : "soft"}>
                {check.outcome === "pass" ? `✓ ${checkText(check)}` : `○ ${checkText(check)}: nothing to look at here`}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface FailedProps {
  readonly check: Check;
  readonly root: string;
  readonly bundle: string;
}

function FailedCheck({ check, root, bundle }: FailedProps) {
  const tenant = useTenant();
  return (
    <>
      <p>
        <strong className="bad">✕ {checkText(check)}</strong>
      </p>
      <p>
        <Marked text={check.message} /> <code className="soft">{check.code}</code>
      </p>
      {check.check.startsWith("release_gate_") ? <Flips root={root} /> : null}
      {check.check === "release_lineage_complete" ? (
        <p>
          <Link to="/t/$tenant/releases/$bundle/lineage" params={{ tenant, bundle }}>
            see what is missing
          </Link>
        </p>
      ) : null}
    </>
  );
}

/** The decision that keeps it back, and what would flip its gates. */
function Flips({ root }: { readonly root: string }) {
  const query = useRead<Evaluations>(pathWith("/v1/gates/evaluations", { subject: root, limit: "50" }));
  return (
    <View query={query}>
      {({ evaluations }) => {
        const blocking = newestByPolicy(evaluations).find(({ verdict }) => verdict === "NO-GO");
        return blocking === undefined ? (
          <p className="soft">
            decide about it with{" "}
            <code>countermark gate eval POLICY --subject {root.slice(0, 12)}… --evidence FILE --record</code>
          </p>
        ) : (
          <FlipsOf evaluation={blocking.evaluation_id} />
        );
      }}
    </View>
  );
}

/** What each policy said last; newest first in, newest first out. */
export function newestByPolicy<E extends Pick<Evaluation, "policy_id">>(evaluations: readonly E[]): readonly E[] {
  const seen = new Set<string>();
  return evaluations.filter(({ policy_id }) => !seen.has(policy_id) && seen.add(policy_id) !== undefined);
}

function FlipsOf({ evaluation }: { readonly evaluation: string }) {
  const query = useRead<ShownEvaluation>(`/v1/gates/evaluations/${evaluation}?packet=none`, RELEASE_STREAMS);
  return (
    <View query={query}>
      {({ decision }) => (
        <ul className="plain">
          {decision.gates
            .filter(({ id }) => decision.blocked_by.includes(id))
            .map((row) => (
              <li key={row.id}>
                <Badge look={GATE_LOOKS[row.status]} />{" "}
                <DecisionLink evaluation={evaluation} gate={row.id}>
                  {decision.policy.id} {row.id}
                </DecisionLink>
                : {row.reasons.join("; ")}
                {row.flip.length === 0 ? null : (
                  <>
                    {" "}
                    · would pass with <strong>{row.flip.map(flipText).join(", or ")}</strong>
                  </>
                )}
              </li>
            ))}
        </ul>
      )}
    </View>
  );
}
