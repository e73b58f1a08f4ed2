import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { type ApiError, read } from "./client.ts";
import { useRead, useTenant } from "./query.ts";
import type { Overview } from "./wire.ts";

/** What counts a lot of rows is read no more often than this, in milliseconds, however much happens. */
const GAP_MS = 5_000;

/** When something was last heard of: in epoch milliseconds, 0 before the first time. */
export const useLastNews = (): number => useRead<Overview>("/v1/overview").dataUpdatedAt;

/** A tenant's document that is dear to make: read anew after news, but not after each. */
export function useCalmRead<T>(path: string): UseQueryResult<T, ApiError> {
  const tenant = useTenant();
  const news = useLastNews();
  const query = useQuery<T, ApiError>({
    queryKey: ["calm", tenant, path],
    queryFn: () => read<T>(tenant, path),
    placeholderData: keepPreviousData,
  });
  const { dataUpdatedAt, refetch } = query;
  useEffect(() => {
    if (dataUpdatedAt === 0 || news <= dataUpdatedAt) return;
    const wait = Math.max(0, dataUpdatedAt + GAP_MS - Date.now());
    const timer = setTimeout(() => void refetch({ cancelRefetch: false }), wait);
    return () => clearTimeout(timer);
  }, [news, dataUpdatedAt, refetch]);
  return query;
}

/** Reads a document once more when what it says has run out, `afterMs` from when it was read; null: it does not. */
export function useReadAgain(
  { dataUpdatedAt, refetch }: UseQueryResult<unknown, ApiError>,
  afterMs: number | null,
): void {
  useEffect(() => {
    if (afterMs === null || dataUpdatedAt === 0) return;
    const timer = setTimeout(() => void refetch(), Math.max(1_000, dataUpdatedAt + afterMs - Date.now()));
    return () => clearTimeout(timer);
  }, [afterMs, dataUpdatedAt, refetch]);
}
