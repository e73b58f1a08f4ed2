import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ApiError, read } from "./client.ts";

/** The tenant in the URL. */
export const useTenant = (): string => useParams({ strict: false }).tenant ?? "";

declare module "@tanstack/react-query" {
  interface Register {
    readonly queryMeta: { readonly of?: readonly string[] };
  }
}

/** Streams of which everything about releases is made: moves, decisions, holds and waivers. */
export const RELEASE_STREAMS: readonly string[] = ["environment:", "gate:", "waiver:", "audit"];

/**
 * A tenant's document, kept fresh by the live connection alone.
 *
 * @param of the streams that it is made of, by how their names begin; of any, unless told
 */
export function useRead<T>(path: string, of?: readonly string[]): UseQueryResult<T, ApiError> {
  const tenant = useTenant();
  return useQuery<T, ApiError>({
    queryKey: [tenant, path],
    queryFn: () => read<T>(tenant, path),
    placeholderData: keepPreviousData,
    ...(of === undefined ? {} : { meta: { of } }),
  });
}
