import { type InfiniteData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { type ApiError, read } from "../../api/client.ts";
import { hearNews } from "../../api/live.ts";
import { useTenant } from "../../api/query.ts";
import type { RunSummary, Runs } from "../../api/wire.ts";
import { rereader } from "./moved.ts";
import { type RunFilter, runsPath } from "./run-filter.ts";

const PAGE = 200;
/** Ids that one request names; more news than this and the list begins anew. */
const IDS_MAX = 200;

interface RunPages {
  readonly runs: readonly RunSummary[];
  readonly error: ApiError | null;
  readonly isPending: boolean;
  readonly hasMore: boolean;
  readonly more: () => void;
}

/** The runs that a filter takes, page by page. Of what happens, only the runs that it happened to are read again. */
export function useRunPages(filter: RunFilter): RunPages {
  const tenant = useTenant();
  // Not under the tenant's name: reading every page again for each change would be thousands of runs a second.
  const queryKey = useMemo(() => ["run pages", tenant, filter], [tenant, filter]);
  const query = useInfiniteQuery<Runs, ApiError>({
    queryKey,
    queryFn: ({ pageParam }) => read(tenant, runsPath(filter, { before: String(pageParam), limit: PAGE })),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
  });
  useChanges(tenant, filter, queryKey);
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.runs) ?? [], [query.data]);
  return {
    runs,
    error: query.error,
    isPending: query.isPending,
    hasMore: query.hasNextPage && !query.isFetchingNextPage,
    more: () => void query.fetchNextPage(),
  };
}

function useChanges(tenant: string, filter: RunFilter, queryKey: readonly unknown[]): void {
  const client = useQueryClient();
  useEffect(() => {
    const beginAnew = (): void => void client.resetQueries({ queryKey });
    const { hear, stop } = rereader({
      isComing: () => client.isFetching({ queryKey }) > 0,
      async read(ids) {
        if (ids.length > IDS_MAX) return beginAnew;
        const path = runsPath(filter, { ids: ids.join(","), limit: IDS_MAX });
        const { runs } = await read<Runs>(tenant, path).catch(() => ({ runs: null }));
        if (runs === null) return beginAnew;
        const put = (held: InfiniteData<Runs> | undefined) => held && merged(held, new Set(ids), runs);
        return () => void client.setQueryData(queryKey, put);
      },
    });
    const leave = hearNews((grown) => {
      if (grown === null) void client.invalidateQueries({ queryKey });
      else hear(grown);
    });
    return () => {
      leave();
      stop();
    };
  }, [client, tenant, filter, queryKey]);
}

/**
 * The pages after some runs were read anew: `found` are those of them that the filter takes now. A run beyond the last page read
 * comes with its page. Run ids are time-ordered, so the newest run is the one with the greatest id.
 */
export function merged(
  { pages, pageParams }: InfiniteData<Runs>,
  asked: ReadonlySet<string>,
  found: readonly RunSummary[],
): InfiniteData<Runs> {
  const next = pages.at(-1)?.next ?? null;
  const stay = pages.flatMap(({ runs }) => runs).filter(({ run_id }) => !asked.has(run_id));
  const come = found.filter(({ run_id }) => next === null || run_id >= next);
  const runs = [...stay, ...come].toSorted((a, b) => (a.run_id < b.run_id ? 1 : -1));
  return { pages: [{ runs, next }], pageParams: pageParams.slice(0, 1) };
}
