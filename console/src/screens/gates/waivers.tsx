import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { ShownEvaluation, ShownPolicy, Waivers } from "../../api/wire.ts";
import { PolicyLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import type { Look } from "../../ui/tone.ts";
import { Problem, View } from "../../ui/view.tsx";
import { Subject } from "./decisions.tsx";
import { Decide } from "./waiver-decide.tsx";

type Waiver = Waivers["waivers"][number];

const LOOKS: { readonly [S in Waiver["state"]]: Look } = {
  requested: { label: "waits for approval", tone: "wait" },
  approved: { label: "in force", tone: "busy" },
  revoked: { label: "revoked", tone: "idle" },
  expired: { label: "expired", tone: "idle" },
};

/** Gates that may be missed for a while: which, for what, until when, and on whose word. */
export function WaiversPart() {
  const query = useRead<Waivers>("/v1/waivers?limit=100", RELEASE_STREAMS);
  return (
    <View
      query={query}
      empty={{
        when: ({ waivers }) => waivers.length === 0,
        says: "Nothing was waived, and nobody asked.",
        command: "countermark waiver request --evaluation ID --gate GATE --expires 7d --owner WHO --reason WHY",
      }}
    >
      {({ waivers }) => <WaiverCards waivers={waivers} />}
    </View>
  );
}

/** Those for a decision's subject under its policy, where there are any: what is asked about it, and what it may rest on. */
export function WaiversFor({ evaluation: { policy_id: policy, subject }, decision }: ShownEvaluation) {
  const query = useRead<Waivers>(
    pathWith("/v1/waivers", { policy, subject: subject ?? undefined, limit: "50" }),
    RELEASE_STREAMS,
  );
  const waivers = query.data?.waivers ?? [];
  if (query.error !== null) return <Problem error={query.error} />;
  if (waivers.length === 0) return null;
  const inForce = waivers.filter(({ state }) => state === "approved");
  return (
    <section>
      <h2>
        Asked about it <span className="soft count-of">{inForce.length} in force</span>
      </h2>
      <Budget decision={decision} taken={new Set(inForce.map(({ gate }) => gate)).size} />
      <WaiverCards waivers={waivers} />
    </section>
  );
}

/** How many more gates the decision's profile bears waived. */
function Budget({
  decision: { policy, profile },
  taken,
}: Pick<ShownEvaluation, "decision"> & { readonly taken: number }) {
  const { data } = useRead<ShownPolicy>(`/v1/gates/policies/${policy.digest}`, RELEASE_STREAMS);
  if (data === undefined || profile === null) return null;
  const most = data.waived_max[profile] ?? 0;
  return (
    <p className={taken > most ? "bad" : "soft"}>
      Under {profile} a decision bears {most} waived {most === 1 ? "gate" : "gates"}: {taken} in force,{" "}
      {Math.max(0, most - taken)} left.
    </p>
  );
}

const WaiverCards = ({ waivers }: Pick<Waivers, "waivers">) => (
  <ul className="cards">
    {waivers.map((one) => (
      <li key={one.waiver_id}>
        <WaiverCard one={one} />
      </li>
    ))}
  </ul>
);

function WaiverCard({ one }: { readonly one: Waiver }) {
  const { waiver_id, state, policy, gate, subject, reason, requested_by, created_at, expires_at, approvals } = one;
  const now = useNow();
  const isOver = state !== "revoked" && Date.parse(expires_at) <= now; // nothing tells of an end that comes by itself
  const shown = isOver ? "expired" : state;
  const isOpen = shown === "requested";
  return (
    <article>
      <p className="line">
        <Badge look={LOOKS[shown]} /> <strong>{gate}</strong> of{" "}
        <PolicyLink policy={policy.digest}>
          {policy.id} {policy.version}
        </PolicyLink>{" "}
        about <Subject subject={subject} />
      </p>
      <p>{reason}</p>
      <p className="soft">
        asked by {requested_by} <Time at={created_at} />, {isOver ? "ended" : "ends"} <Time at={expires_at} />
        {approvals.map(({ approver, role }) => (
          <span key={approver}>
            {" "}
            · approved by {approver} as {role}
          </span>
        ))}
      </p>
      {isOpen ? (
        <p className="soft">
          {one.approvals_needed - approvals.length} more to approve
          {one.roles_missing.length === 0 ? "" : `, among them ${one.roles_missing.join(" and ")}`}
        </p>
      ) : null}
      {isOpen || shown === "approved" ? <Decide waiverId={waiver_id} isOpen={isOpen} /> : null}
    </article>
  );
}
