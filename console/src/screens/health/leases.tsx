import { duration } from "../../../../src/contracts/told-time.ts";
import { useReadAgain } from "../../api/calm.ts";
import { useRead } from "../../api/query.ts";
import type { HeldRuns } from "../../api/wire.ts";
import { RunLink } from "../../links.tsx";
import { counted } from "../../ui/count.ts";
import { Digest } from "../../ui/digest.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Time, useNow } from "../../ui/time.tsx";
import { View } from "../../ui/view.tsx";

/** Renewals are no news: when the first lease that is shown runs out, all are read again, and are renewed or lost. */
function firstEndMs({ generated_at, leases }: HeldRuns): number | null {
  const now = Date.parse(generated_at);
  const ends = leases.map(({ expires_at }) => Date.parse(expires_at) - now).filter((ms) => ms > 0);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** A lease's time is the server's: what is left of it is what was left when it was read, less what passed here since. */
const columnsOf = (generatedAt: string, readAt: number): readonly Column<HeldRuns["leases"][number]>[] => [
  {
    name: "run",
    cell: ({ run_id, workflow_id }) => (
      <>
        <RunLink run={run_id}>{workflow_id}</RunLink> <Digest text={run_id} shown={8} />
      </>
    ),
  },
  {
    name: "holder",
    cell: ({ holder, by }) => (
      <>
        <Digest text={holder} shown={18} />
        {by === "token" ? <span className="soft"> by token</span> : null}
      </>
    ),
  },
  { name: "epoch", kind: "number", cell: ({ epoch }) => epoch },
  {
    name: "time left",
    kind: "number",
    cell: ({ expires_at }) => <Left ms={Date.parse(expires_at) - Date.parse(generatedAt)} readAt={readAt} />,
  },
];

/** Runs that somebody holds, until when and under which epoch; and runs that wait for somebody. */
export function Leases() {
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
              <Table
                columns={columnsOf(data.generated_at, query.dataUpdatedAt)}
                rows={data.leases}
                keyOf={({ run_id }) => run_id}
                isDense={false}
              />
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
      ◔ {counted(due.length, "run")} {due.length === 1 ? "is" : "are"} due and in nobody's hand, the first since{" "}
      <Time at={first.due_since} />
    </p>
  );
}
