import { keepPreviousData, type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type ApiError, read } from "./client.ts";

/** The tenant in the URL. */
export const useTenant = (): string => useParams({ strict: false }).tenant ?? "";

/** A tenant's document, kept fresh by the live connection alone. */
export function useRead<T>(path: string): UseQueryResult<T, ApiError> {
  const tenant = useTenant();
  return useQuery<T, ApiError>({
    queryKey: [tenant, path],
    queryFn: () => read<T>(tenant, path),
    placeholderData: keepPreviousData,
  });
}
