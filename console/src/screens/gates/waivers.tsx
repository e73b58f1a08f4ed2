import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useRead } from "../../api/query.ts";
import type { Decision, ShownEvaluation, ShownPolicy, Waivers } from "../../api/wire.ts";
import { Problem, View } from "../../ui/view.tsx";
import { WaiverCards } from "./waiver-cards.tsx";

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
  const voids = new Map(
    waivers.flatMap((one) => {
      const why = voidFor(decision, one);
      return why === undefined ? [] : [[one.waiver_id, why] as const];
    }),
  );
  const inForce = waivers.filter(({ state, waiver_id }) => state === "approved" && !voids.has(waiver_id));
  return (
    <section>
      <h2>
        Asked about it <span className="soft count-of">{inForce.length} in force</span>
      </h2>
      <Budget decision={decision} taken={new Set(inForce.map(({ gate }) => gate)).size} />
      <WaiverCards waivers={waivers} voids={voids} />
    </section>
  );
}

/** Why a decision does not use a waiver, whatever its state: it was rejected there, or the policy was edited since. */
const voidFor = ({ waivers, policy }: Decision, one: Waivers["waivers"][number]): string | undefined =>
  waivers.rejected.find(({ waiver }) => waiver === one.waiver_id)?.detail ??
  (one.policy.digest === policy.digest ? undefined : "it is for another text of the policy");

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
