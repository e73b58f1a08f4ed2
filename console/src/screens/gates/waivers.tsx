import { Link } from "@tanstack/react-router";
import { useRead, useTenant } from "../../api/query.ts";
import type { Waivers } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
import type { Look } from "../../ui/tone.ts";
import { View } from "../../ui/view.tsx";
import { Subject } from "./decisions.tsx";

type Waiver = Waivers["waivers"][number];

const LOOKS: { readonly [S in Waiver["state"]]: Look } = {
  requested: { label: "waits for approval", tone: "wait" },
  approved: { label: "in force", tone: "busy" },
  revoked: { label: "revoked", tone: "idle" },
  expired: { label: "expired", tone: "idle" },
};

/** Gates that may be missed for a while: which, for what, until when, and on whose word. */
export function WaiversPart() {
  const query = useRead<Waivers>("/v1/waivers?limit=100");
  return (
    <View
      query={query}
      empty={{
        when: ({ waivers }) => waivers.length === 0,
        says: "Nothing was waived, and nobody asked.",
        command: "countermark waiver request --evaluation ID --gate GATE --expires 7d --owner WHO --reason WHY",
      }}
    >
      {({ waivers }) => (
        <ul className="cards">
          {waivers.map((one) => (
            <li key={one.waiver_id}>
              <WaiverCard one={one} />
            </li>
          ))}
        </ul>
      )}
    </View>
  );
}

function WaiverCard({ one }: { readonly one: Waiver }) {
  const tenant = useTenant();
  const { waiver_id, state, policy, gate, subject, reason, requested_by, created_at, expires_at, approvals } = one;
  const isOpen = state === "requested";
  return (
    <article>
      <p className="line">
        <Badge look={LOOKS[state]} /> <strong>{gate}</strong> of{" "}
        <Link to="/t/$tenant/gates/policies/$policy" params={{ tenant, policy: policy.digest }}>
          {policy.id} {policy.version}
        </Link>{" "}
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
          {one.roles_missing.length === 0 ? "" : `, among them ${one.roles_missing.join(" and ")}`}: an approval is
          signed, with <code>countermark waiver approve {waiver_id} --sign-with KEY</code>
        </p>
      ) : null}
    </article>
  );
}
