import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { type ApiError, read } from "../../api/client.ts";
import { useTenant } from "../../api/query.ts";
import type { RunSummary, Runs } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { lasting } from "../../ui/moment.ts";
import { Time, useNow } from "../../ui/time.tsx";
import { RUN_LOOKS } from "../../ui/tone.ts";
import { Empty, Problem } from "../../ui/view.tsx";

const PAGE = 200;
const ROW_PX = 38;

/** Every run, newest first; the filter is in the URL. */
export function RunsScreen() {
  const tenant = useTenant();
  const filter = useSearch({ from: "/t/$tenant/runs" });
  const query = useInfiniteQuery<Runs, ApiError>({
    queryKey: [tenant, "runs", filter],
    queryFn: ({ pageParam }) => read(tenant, pathOf(filter, String(pageParam))),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
  const runs = query.data?.pages.flatMap((page) => page.runs) ?? [];
  return (
    <section className="runs">
      <div className="heading">
        <h1>Runs</h1>
        <Filter {...filter} />
      </div>
      {query.error === null ? null : <Problem error={query.error} />}
      {query.isPending ? <p className="soft loading">reading …</p> : null}
      {query.isSuccess && runs.length === 0 ? (
        <Empty says="No run is like this." command="countermark run start WORKFLOW --input FILE" />
      ) : null}
      {runs.length === 0 ? null : (
        <RunList runs={runs} hasMore={query.hasNextPage} more={() => void query.fetchNextPage()} />
      )}
    </section>
  );
}

interface RunFilter {
  readonly status?: string | undefined;
  readonly workflow?: string | undefined;
}

function pathOf({ status, workflow }: RunFilter, before: string): string {
  const asked = { status, workflow, before, limit: String(PAGE) };
  const given = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [[name, value]],
  );
  return `/v1/runs?${new URLSearchParams(given)}`;
}

function Filter({ status, workflow }: RunFilter) {
  const navigate = useNavigate({ from: "/t/$tenant/runs" });
  return (
    <div className="filter">
      <label>
        status
        <select
          value={status ?? ""}
          onChange={({ target }) =>
            void navigate({ search: (held) => ({ ...held, status: target.value === "" ? undefined : target.value }) })
          }
        >
          <option value="">any</option>
          {Object.entries(RUN_LOOKS).map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        workflow
        <input
          defaultValue={workflow ?? ""}
          placeholder="any"
          onKeyDown={({ key, currentTarget: { value } }) => {
            if (key === "Enter")
              void navigate({ search: (held) => ({ ...held, workflow: value === "" ? undefined : value }) });
          }}
        />
      </label>
    </div>
  );
}

interface RunListProps {
  readonly runs: readonly RunSummary[];
  readonly hasMore: boolean;
  readonly more: () => void;
}

/** Only the rows in sight are drawn. */
function RunList({ runs, hasMore, more }: RunListProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= runs.length - 1) more();
  }, [hasMore, last, runs.length, more]);
  return (
    <div className="list" ref={box}>
      <ul style={{ height: rows.getTotalSize() }} aria-label="runs">
        {shown.map(({ index, start, key }) => {
          const run = runs[index];
          return run === undefined ? null : (
            <li key={key} style={{ transform: `translateY(${start}px)` }}>
              <RunRow run={run} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function RunRow({ run }: { readonly run: RunSummary }) {
  const tenant = useTenant();
  const now = useNow();
  const ended = run.ended_at === null ? now : Date.parse(run.ended_at);
  return (
    <Link to="/t/$tenant/runs/$run" params={{ tenant, run: run.run_id }} className="row">
      <Badge look={RUN_LOOKS[run.status]} />
      <span className="name">{run.workflow_id}</span>
      <code className="soft id">{run.run_id}</code>
      <span className="soft code">{run.code ?? ""}</span>
      <span className="soft number">{lasting(Math.max(0, ended - Date.parse(run.started_at)))}</span>
      <Time at={run.started_at} />
    </Link>
  );
}
