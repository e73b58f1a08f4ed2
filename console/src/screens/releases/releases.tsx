import { useState } from "react";
import { act } from "../../api/client.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { EnvironmentHistory, Environments } from "../../api/wire.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { Track } from "./track.tsx";

type Environment = Environments["environments"][number];

/** What each environment holds, how it came there, and the way back. */
export function ReleasesScreen() {
  const query = useRead<Environments>("/v1/environments");
  return (
    <section>
      <h1>Releases</h1>
      <View
        query={query}
        empty={{
          when: ({ environments }) => environments.every(({ bundle }) => bundle === null),
          says: "No bundle was promoted yet.",
          command:
            "countermark bundle build PACK --key release.pem --out shop.bundle\ncountermark promote shop.bundle --to dev",
        }}
      >
        {(data) => (
          <>
            <Track {...data} />
            {data.environments.map((one, at) => (
              <History key={one.environment} held={one} source={data.environments[at - 1]} />
            ))}
          </>
        )}
      </View>
    </section>
  );
}

interface HistoryProps {
  readonly held: Environment;
  /** The environment that a bundle comes from. */
  readonly source: Environment | undefined;
}

function History({ held, source }: HistoryProps) {
  const [asked, setAsked] = useState<"roll back" | "promote" | null>(null);
  const candidate = source?.bundle?.bundle_id === held.bundle?.bundle_id ? null : (source?.bundle ?? null);
  const query = useRead<EnvironmentHistory>(`/v1/environments/${held.environment}/history?limit=100`);
  const target = held.before.find(({ health }) => health === "good");
  return (
    <section>
      <div className="heading">
        <h2>{held.environment}</h2>
        <div className="acts">
          {candidate === null ? null : (
            <button type="button" onClick={() => setAsked("promote")}>
              promote from {source?.environment} …
            </button>
          )}
          {target === undefined ? null : (
            <button type="button" className="grave" onClick={() => setAsked("roll back")}>
              roll back …
            </button>
          )}
        </div>
      </div>
      <View query={query}>
        {({ moves }) => (
          <ol className="moves">
            {moves.toReversed().map(({ seq, type, at, actor, hash, payload }) => (
              <li key={seq}>
                <strong>{type}</strong> <span>{bundleIn(payload)}</span>{" "}
                <span className="soft">
                  by {actor} · <Time at={at} />
                </span>{" "}
                <Digest text={hash} shown={8} />
              </li>
            ))}
            {moves.length === 0 ? <li className="soft">nothing happened here</li> : null}
          </ol>
        )}
      </View>
      {asked === "roll back" && target !== undefined ? (
        <RollBackDialog held={held} target={target} onClose={() => setAsked(null)} />
      ) : null}
      {asked === "promote" && candidate !== null ? (
        <PromoteDialog held={held} candidate={candidate} onClose={() => setAsked(null)} />
      ) : null}
    </section>
  );
}

const bundleIn = ({ bundle_id }: EnvironmentHistory["moves"][number]["payload"]): string =>
  typeof bundle_id === "string" ? bundle_id : "";

interface RollBackProps {
  readonly held: Environment;
  readonly target: Environment["before"][number];
  readonly onClose: () => void;
}

function RollBackDialog({ held, target, onClose }: RollBackProps) {
  const tenant = useTenant();
  return (
    <ActDialog
      title={`Roll ${held.environment} back?`}
      verb={`roll ${held.environment} back`}
      isGrave
      needsReason
      onClose={onClose}
      onConfirm={async (reason) =>
        void (await act(tenant, `/v1/environments/${held.environment}/rollback`, {
          reason,
          bundle_id: target.bundle_id,
        }))
      }
    >
      <dl className="facts">
        <dt>from</dt>
        <dd>{held.bundle?.bundle_id} (is marked bad, and comes nowhere again)</dd>
        <dt>to</dt>
        <dd>{target.bundle_id} (the last that did well)</dd>
      </dl>
      <p>New runs start on it at once. Runs in flight stay on what they started with.</p>
    </ActDialog>
  );
}

interface PromoteProps {
  readonly held: Environment;
  readonly candidate: NonNullable<Environment["bundle"]>;
  readonly onClose: () => void;
}

/** The server looks at every condition again; what keeps the bundle back is said here, and nothing moved. */
function PromoteDialog({ held, candidate, onClose }: PromoteProps) {
  const tenant = useTenant();
  return (
    <ActDialog
      title={`Promote to ${held.environment}?`}
      verb={`promote to ${held.environment}`}
      needsReason={null}
      onClose={onClose}
      onConfirm={async () =>
        void (await act(tenant, `/v1/environments/${held.environment}/promote`, { bundle_id: candidate.bundle_id }))
      }
    >
      <dl className="facts">
        <dt>instead of</dt>
        <dd>{held.bundle?.bundle_id ?? "nothing"}</dd>
        <dt>bundle</dt>
        <dd>{candidate.bundle_id}</dd>
        <dt>digest</dt>
        <dd>
          <Digest text={candidate.root_digest} shown={64} />
        </dd>
      </dl>
    </ActDialog>
  );
}
