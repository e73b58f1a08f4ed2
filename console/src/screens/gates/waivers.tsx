import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { Waivers } from "../../api/wire.ts";
import { PolicyLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
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

/** Those for one subject under one policy, where there are any: what is asked about a decision, and what it may rest on. */
export function WaiversFor({ policy, subject }: { readonly policy: string; readonly subject: string | null }) {
  const query = useRead<Waivers>(
    pathWith("/v1/waivers", { policy, subject: subject ?? undefined, limit: "50" }),
    RELEASE_STREAMS,
  );
  const waivers = query.data?.waivers ?? [];
  if (query.error !== null) return <Problem error={query.error} />;
  if (waivers.length === 0) return null;
  const inForce = waivers.filter(({ state }) => state === "approved").length;
  return (
    <section>
      <h2>
        Asked about it <span className="soft count-of">{inForce} in force</span>
      </h2>
      <WaiverCards waivers={waivers} />
    </section>
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
  const isOpen = state === "requested";
  return (
    <article>
      <p className="line">
        <Badge look={LOOKS[state]} /> <strong>{gate}</strong> of{" "}
        <PolicyLink policy={policy.digest}>
          {policy.id} {policy.version}
        </PolicyLink>{" "}
        about <Subject subject={subject} />
      </p>
      <p>{reason}</p>
      <p className="soft">
        asked by {requested_by} <Time at={created_at} />, {state === "expired" ? "ended" : "ends"}{" "}
        <Time at={expires_at} />
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
      {isOpen || state === "approved" ? <Decide waiverId={waiver_id} isOpen={isOpen} /> : null}
    </article>
  );
}
