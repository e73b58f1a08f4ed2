import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, useState } from "react";
import { duration } from "../../../../src/contracts/told-time.ts";
import { useTenant } from "../../api/query.ts";
import type { RunSummary } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { useKeys } from "../../ui/keys.ts";
import { Time, useNow } from "../../ui/time.tsx";
import { RUN_LOOKS } from "../../ui/tone.ts";
import { Empty, Problem } from "../../ui/view.tsx";
import { FilterBar } from "./filter-bar.tsx";
import { useRunPages } from "./run-pages.ts";
import "./runs.css";

const ROW_PX = 38;

/** Every run, newest first; the filter is in the URL. */
export function RunsScreen() {
  const filter = useSearch({ from: "/t/$tenant/runs" });
  const { runs, error, isPending, hasMore, more } = useRunPages(filter);
  return (
    <section className="runs">
      <div className="heading">
        <h1>Runs</h1>
        <span className="soft" role="status">
          {isPending ? "" : `${runs.length.toLocaleString("en")}${hasMore ? " and more" : ""} shown`}
        </span>
      </div>
      <FilterBar filter={filter} />
      {error === null ? null : <Problem error={error} />}
      {isPending ? <p className="soft loading">reading …</p> : null}
      {!isPending && error === null && runs.length === 0 ? (
        <Empty says="No run is like this." command="countermark run start WORKFLOW --input FILE" />
      ) : null}
      {runs.length === 0 ? null : <RunList runs={runs} hasMore={hasMore} more={more} />}
    </section>
  );
}

interface RunListProps {
  readonly runs: readonly RunSummary[];
  readonly hasMore: boolean;
  readonly more: () => void;
}

const WORDS = { j: "the next run", k: "the run before", Enter: "open the run" } as const;

/** Only the rows in sight are drawn. */
function RunList({ runs, hasMore, more }: RunListProps) {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => runs[index]?.run_id ?? index,
    overscan: 12,
  });
  const shown = rows.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= runs.length - 1) more();
  }, [hasMore, last, runs.length, more]);
  const marked = useMarked(runs, (index) => rows.scrollToIndex(index));
  return (
    <div className="list" ref={box}>
      <ul style={{ height: rows.getTotalSize() }} aria-label="runs">
        {shown.map(({ index, start, key }) => {
          const run = runs[index];
          return run === undefined ? null : (
            <li key={key} style={{ transform: `translateY(${start}px)` }}>
              <RunRow run={run} isMarked={run.run_id === marked} />
            </li>
          );
        })}
      </ul>
    </div>
  );
}

/** The run that j and k have come to; Enter opens it. */
function useMarked(runs: readonly RunSummary[], show: (index: number) => void): string | null {
  const navigate = useNavigate({ from: "/t/$tenant/runs" });
  const [marked, setMarked] = useState<string | null>(null);
  const keys = useMemo(() => {
    const at = runs.findIndex(({ run_id }) => run_id === marked);
    const step = (by: number) => (): void => {
      const next = Math.max(0, Math.min(runs.length - 1, at + by));
      setMarked(runs[next]?.run_id ?? null);
      show(next);
    };
    const open = (): void => {
      if (marked !== null) void navigate({ to: "/t/$tenant/runs/$run", params: (held) => ({ ...held, run: marked }) });
    };
    return { j: step(1), k: step(-1), ...(marked === null ? {} : { Enter: open }) };
  }, [runs, marked, navigate, show]);
  useKeys(keys, WORDS);
  return marked;
}

function RunRow({ run, isMarked }: { readonly run: RunSummary; readonly isMarked: boolean }) {
  const tenant = useTenant();
  return (
    <Link
      to="/t/$tenant/runs/$run"
      params={{ tenant, run: run.run_id }}
      className={isMarked ? "row marked" : "row"}
      aria-current={isMarked}
    >
      <Badge look={RUN_LOOKS[run.status]} />
      <span className="name">{run.workflow_id}</span>
      <code className="soft id">{run.run_id}</code>
      <span className="soft code">{run.code ?? ""}</span>
      <span className="soft number">
        <Taken run={run} />
      </span>
      <Time at={run.started_at} />
    </Link>
  );
}

const Taken = ({ run }: { readonly run: RunSummary }) => {
  const startedAt = Date.parse(run.started_at);
  return run.ended_at === null ? <Since at={startedAt} /> : duration(Math.max(0, Date.parse(run.ended_at) - startedAt));
};

const Since = ({ at }: { readonly at: number }) => duration(Math.max(0, useNow() - at));
