import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useReadAgain } from "../../api/calm.ts";
import { type ApiError, read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import { usePlatform } from "../../api/right.ts";
import type { Workers as Roster, Worker } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Barred } from "../../ui/barred.tsx";
import { counted } from "../../ui/count.ts";
import { ActDialog } from "../../ui/dialog.tsx";
import { Digest } from "../../ui/digest.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Time } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";
import { WORKER_LOOKS } from "./looks.ts";

/** A worker that is silent for longer is taken for lost. */
const LOST_MS = 30_000;

/** Workers serve every tenant: whoever is signed in for the installation too sees them, from whichever tenant. */
export function Workers() {
  const platform = usePlatform();
  return (
    <section>
      <h2>Workers</h2>
      {platform === undefined ? (
        <Barred
          bar={{
            code: "ROLE_REQUIRED",
            reason: "workers serve every tenant: sign in with the installer's key too, to see and drain them here",
          }}
        />
      ) : (
        <WorkerTable platform={platform} />
      )}
    </section>
  );
}

function WorkerTable({ platform }: { readonly platform: string }) {
  const tenant = useTenant();
  const [asked, setAsked] = useState<Worker | null>(null);
  const query = useQuery<Roster, ApiError>({
    queryKey: [tenant, platform, "/v1/workers"],
    queryFn: () => read<Roster>(platform, "/v1/workers"),
  });
  useReadAgain(query, query.data?.workers.some(({ standing }) => standing !== "stopped") === true ? LOST_MS : null);
  return (
    <>
      <View
        query={query}
        empty={{
          when: ({ workers }) => workers.length === 0,
          says: "No worker is running.",
          command: "countermark worker start",
        }}
      >
        {({ workers }) => (
          <ul className="rows-of" aria-label="workers">
            {workers.map((worker) => (
              <li key={worker.worker_id}>
                <div>
                  <Digest text={worker.worker_id} shown={18} /> <Badge look={WORKER_LOOKS[worker.standing]} />
                  <p className="soft">
                    holds {counted(worker.runs, "run")} · {worker.host}, process {worker.pid} · began{" "}
                    <Time at={worker.started_at} /> · beat <Time at={worker.beat_at} />
                  </p>
                </div>
                {worker.standing === "working" ? (
                  <div className="acts">
                    <button type="button" onClick={() => setAsked(worker)}>
                      drain …
                    </button>
                  </div>
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </View>
      {asked === null ? null : (
        <DrainDialog
          worker={asked}
          platform={platform}
          onClose={() => setAsked(null)}
          onDone={() => void query.refetch()}
        />
      )}
    </>
  );
}

interface DrainProps {
  readonly worker: Worker;
  readonly platform: string;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function DrainDialog({ worker, platform, onClose, onDone }: DrainProps) {
  return (
    <ActDialog
      title="Drain this worker?"
      verb="drain it"
      isGrave
      needsReason={null}
      tenant={platform}
      onClose={onClose}
      onConfirm={async (_reason, act) => {
        await act(`/v1/workers/${encodeURIComponent(worker.worker_id)}/drain`, {});
        onDone();
      }}
    >
      <Facts
        of={[
          ["worker", worker.worker_id],
          ["holds", `${counted(worker.runs, "run")}, of all tenants`],
        ]}
      />
      <p>
        It lets calls in flight land, gives its runs back and stops. Other workers go on with them, if there are any.
      </p>
    </ActDialog>
  );
}
