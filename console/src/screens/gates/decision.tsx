import { Link, useParams } from "@tanstack/react-router";
import { isTold } from "../../../../src/gate/words.ts";
import { read } from "../../api/client.ts";
import { saveText } from "../../api/download.ts";
import { RELEASE_STREAMS, useRead, useTenant } from "../../api/query.ts";
import type { Decision, ShownEvaluation } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { counted } from "../../ui/count.ts";
import { Digest } from "../../ui/digest.tsx";
import { SaveButton } from "../../ui/save-button.tsx";
import { Time } from "../../ui/time.tsx";
import { VERDICT_LOOKS } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { Subject } from "./decisions.tsx";
import { GateTable, Told } from "./gate-table.tsx";
import { WaiversFor } from "./waivers.tsx";
import { WaiversOf } from "./waivers-of.tsx";
import "./gates.css";

/** A decision: for each gate what was measured, against what, and what would flip it. */
export function DecisionScreen() {
  const { tenant, evaluation } = useParams({ from: "/t/$tenant/gates/$evaluation" });
  const query = useRead<ShownEvaluation>(`/v1/gates/evaluations/${evaluation}?packet=none`, RELEASE_STREAMS);
  return (
    <View query={query}>
      {(shown) => (
        <article>
          <p className="crumb">
            <Link to="/t/$tenant/gates" params={{ tenant }}>
              Gates
            </Link>
          </p>
          <Heading {...shown} />
          <GateTable gates={shown.decision.gates} />
          {shown.decision.gates.filter(isTold).map((row) => (
            <Told key={row.id} row={row} evaluation={shown.evaluation} />
          ))}
          <WaiversOf decision={shown.decision} />
          <WaiversFor {...shown} />
        </article>
      )}
    </View>
  );
}

function Heading({ evaluation, count, decision }: ShownEvaluation) {
  const { policy, profile } = decision;
  const tenant = useTenant();
  return (
    <header>
      <div className="heading">
        <h1>
          <Badge look={VERDICT_LOOKS[decision.verdict]} /> {policy.id} {policy.version}
          {profile === null ? null : <span className="soft"> · {profile}</span>}
        </h1>
        <div className="acts">
          <Link
            to="/t/$tenant/gates"
            params={{ tenant }}
            search={{ policy: policy.id, with: evaluation.evaluation_id }}
            className="button"
          >
            compare …
          </Link>
          <SavePacket evaluation={evaluation} />
        </div>
      </div>
      <Minimal decision={decision} />
      <dl className="facts">
        <dt>about</dt>
        <dd>
          <Subject subject={evaluation.subject} />
        </dd>
        <dt>decided for</dt>
        <dd>
          <Time at={decision.decided_at} full />, expires <Time at={decision.valid_until} />
        </dd>
        {decision.window === null ? null : (
          <>
            <dt>window</dt>
            <dd>
              <Time at={decision.window.start} full /> to <Time at={decision.window.end} full />
            </dd>
          </>
        )}
        <dt>evaluated</dt>
        <dd>
          {count} {count === 1 ? "time" : "times"} about this, by {evaluation.recorded_by}
        </dd>
        <dt>policy</dt>
        <dd>
          <Link to="/t/$tenant/gates/policies/$policy" params={{ tenant, policy: policy.digest }}>
            {policy.id} {policy.version}
          </Link>{" "}
          <Digest text={policy.digest} />
        </dd>
        <dt>evidence</dt>
        <dd>
          <Digest text={decision.evidence.digest} /> <Evidence evidence={decision.evidence} />
        </dd>
        <dt>decision</dt>
        <dd>
          <Digest text={decision.digest} shown={64} />
        </dd>
      </dl>
    </header>
  );
}

const Evidence = ({ evidence: { units, sources } }: Pick<Decision, "evidence">) => (
  <>
    {Object.entries(units)
      .map(([kind, count]) => counted(count, kind))
      .join(", ")}
    {Object.entries(sources)
      .filter(([, { state }]) => state !== "complete")
      .map(([name, { state, detail }]) => (
        <span key={name} className="bad">
          {" "}
          · {name} is {state}: {detail}
        </span>
      ))}
  </>
);

/** The fewest gates that would have to turn for the decision to turn. */
function Minimal({ decision: { verdict, blocked_by, conditions } }: { readonly decision: Decision }) {
  const links = (ids: readonly string[]) =>
    ids.map((id, at) => (
      <span key={id}>
        {at === 0 ? "" : at === ids.length - 1 ? " and " : ", "}
        <a href={`#${id}`}>{id}</a>
      </span>
    ));
  if (verdict === "NO-GO")
    return (
      <p className="why">
        Blocked by {links(blocked_by)}: {blocked_by.length === 1 ? "were it to pass" : "were all of them to pass"}, it
        would be GO.
      </p>
    );
  return conditions.length === 0 ? (
    <p className="why">Every gate that counts passes.</p>
  ) : (
    <p className="why">GO on condition of {links(conditions)}, which do not pass and are borne.</p>
  );
}

/** Offers the packet as a file: from it, `countermark decide` reaches the same decision anywhere. */
export function SavePacket({ evaluation }: Pick<ShownEvaluation, "evaluation">) {
  const tenant = useTenant();
  const { evaluation_id, policy_id, decision_sha256 } = evaluation;
  const save = async (): Promise<void> => {
    const { packet } = await read<ShownEvaluation>(tenant, `/v1/gates/evaluations/${evaluation_id}`);
    saveText(packet ?? "", `${policy_id}-${decision_sha256.slice(0, 12)}.html`, "text/html");
  };
  return <SaveButton says="save the packet" save={save} />;
}
