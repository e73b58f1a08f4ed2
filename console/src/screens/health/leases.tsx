import { Link } from "@tanstack/react-router";
import { duration } from "../../../../src/contracts/told-time.ts";
import { useReadAgain } from "../../api/calm.ts";
import { useRead, useTenant } from "../../api/query.ts";
import type { HeldRuns } from "../../api/wire.ts";
import { Digest } from "../../ui/digest.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";

/** Renewals are no news: when the first lease that is shown runs out, all are read again, and are renewed or lost. */
function firstEndMs({ generated_at, leases }: HeldRuns): number | null {
  const now = Date.parse(generated_at);
  const ends = leases.map(({ expires_at }) => Date.parse(expires_at) - now).filter((ms) => ms > 0);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Runs that somebody holds, until when and under which epoch; and runs that wait for somebody. */
export function Leases() {
  const tenant = useTenant();
  const query = useRead<HeldRuns>("/v1/leases");
  useReadAgain(query, query.data === undefined ? null : firstEndMs(query.data));
  return (
    <section>
      <h2>Leases</h2>
      <View
        query={query}
        empty={{
          when: ({ leases, due }) => leases.length === 0 && due.length === 0,
          says: "No worker has a run, and no run waits for one.",
          command: "countermark run start WORKFLOW --input '{}'",
        }}
      >
        {(data) => (
          <>
            <Waiting due={data.due} />
            {data.leases.length === 0 ? null : (
              <div className="scroll">
                <table>
                  <thead>
                    <tr>
                      <th>run</th>
                      <th>holder</th>
                      <th className="number">epoch</th>
                      <th className="number">time left</th>
                    </tr>
                  </thead>
                  <tbody>
                    {data.leases.map((lease) => (
                      <tr key={lease.run_id}>
                        <td>
                          <Link to="/t/$tenant/runs/$run" params={{ tenant, run: lease.run_id }}>
                            {lease.workflow_id}
                          </Link>{" "}
                          <Digest text={lease.run_id} shown={8} />
                        </td>
                        <td>
                          <Digest text={lease.holder} shown={18} />
                          {lease.by === "token" ? <span className="soft"> by token</span> : null}
                        </td>
                        <td className="number">{lease.epoch}</td>
                        <td className="number">
                          <Left
                            ms={Date.parse(lease.expires_at) - Date.parse(data.generated_at)}
                            readAt={query.dataUpdatedAt}
                          />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            )}
          </>
        )}
      </View>
    </section>
  );
}

function Left({ ms, readAt }: { readonly ms: number; readonly readAt: number }) {
  const left = ms - Math.max(0, useNow() - readAt);
  return left > 0 ? duration(left) : <span className="wait">◔ over</span>;
}

function Waiting({ due }: Pick<HeldRuns, "due">) {
  const [first] = due;
  if (first === undefined) return null;
  return (
    <p className="wait">
      ◔ {due.length} {due.length === 1 ? "run is" : "runs are"} due and in nobody's hand, the first since{" "}
      <Time at={first.due_since} />
    </p>
  );
}
