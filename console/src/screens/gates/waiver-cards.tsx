import { duration } from "../../../../src/contracts/told-time.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { ShownWaiver, Waivers } from "../../api/wire.ts";
import { PolicyLink, StreamLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import type { Look } from "../../ui/tone.ts";
import { Subject } from "./decisions.tsx";
import { Decide } from "./waiver-decide.tsx";

type Waiver = Waivers["waivers"][number];

const LOOKS: { readonly [S in Waiver["state"]]: Look } = {
  requested: { label: "waits for approval", tone: "wait" },
  approved: { label: "in force", tone: "busy" },
  revoked: { label: "revoked", tone: "bad" },
  expired: { label: "expired", tone: "idle" },
};

interface CardsProps extends Pick<Waivers, "waivers"> {
  /** Why the decision beside them does not use one, by its id. */
  readonly voids?: ReadonlyMap<string, string>;
}

/** Waivers, the newest first; what was in force last of a gate says when it can be renewed. */
export function WaiverCards({ waivers, voids }: CardsProps) {
  const last = new Map(
    waivers
      .filter(({ in_force_at }) => in_force_at !== null)
      .toReversed()
      .map(({ policy, gate, waiver_id }) => [`${policy.id} ${gate}`, waiver_id]),
  );
  return (
    <ul className="cards">
      {waivers.map((one) => (
        <li key={one.waiver_id}>
          <WaiverCard
            one={one}
            isVoidFor={voids?.get(one.waiver_id)}
            isLast={last.get(`${one.policy.id} ${one.gate}`) === one.waiver_id}
          />
        </li>
      ))}
    </ul>
  );
}

interface CardProps {
  readonly one: Waiver;
  readonly isVoidFor: string | undefined;
  readonly isLast: boolean;
}

function WaiverCard({ one, isVoidFor, isLast }: CardProps) {
  const { waiver_id, state, policy, gate, subject, reason, approvals } = one;
  const now = useNow();
  const isOver = state !== "revoked" && Date.parse(one.expires_at) <= now; // nothing tells of an end that comes by itself
  const shown = isOver ? "expired" : state;
  const isOpen = shown === "requested";
  return (
    <article>
      <p>
        <Badge look={LOOKS[shown]} /> <strong>{gate}</strong> of{" "}
        <PolicyLink policy={policy.digest}>
          {policy.id} {policy.version}
        </PolicyLink>{" "}
        about <Subject subject={subject} />
      </p>
      <p>{reason}</p>
      <Life one={one} shown={shown} />
      {isVoidFor !== undefined && (isOpen || shown === "approved") ? (
        <p className="bad">void for this decision: {isVoidFor}</p>
      ) : null}
      {isOpen ? (
        <p className="soft">
          {one.approvals_needed - approvals.length} more to approve
          {one.roles_missing.length === 0 ? "" : `, among them ${one.roles_missing.join(" and ")}`}
        </p>
      ) : null}
      {isLast ? <Renewal waiverId={waiver_id} /> : null}
      {isOpen || shown === "approved" ? <Decide waiverId={waiver_id} isOpen={isOpen} /> : null}
    </article>
  );
}

const ENDS: { readonly [S in Waiver["state"]]: string } = {
  requested: "ends",
  approved: "ends",
  revoked: "taken back",
  expired: "ended",
};

/** Who asked, who approved, and when it ends or did. */
const Life = ({ one, shown }: { readonly one: Waiver; readonly shown: Waiver["state"] }) => (
  <p className="soft">
    <StreamLink stream={`waiver:${one.waiver_id}`} title="its whole life, in the ledger">
      {one.waiver_id}
    </StreamLink>{" "}
    · asked by {one.requested_by} <Time at={one.created_at} />
    {one.approvals.map(({ approver, role }) => (
      <span key={approver}>
        {" "}
        · approved by {approver} as {role}
      </span>
    ))}{" "}
    · {ENDS[shown]} <Time at={(shown === "revoked" ? one.ended_at : null) ?? one.expires_at} full />
  </p>
);

/** From when the like may be asked for, and for how long. */
function Renewal({ waiverId }: { readonly waiverId: string }) {
  const renewal = useRead<ShownWaiver>(`/v1/waivers/${waiverId}`, RELEASE_STREAMS).data?.renewal;
  const now = useNow();
  if (renewal === undefined || renewal === null) return null;
  return (
    <p className="soft">
      may be renewed {Date.parse(renewal.from) <= now ? "at once" : <Time at={renewal.from} full />}, for{" "}
      {duration(renewal.seconds_max * 1_000)} at most
    </p>
  );
}
