import { useQueries } from "@tanstack/react-query";
import { ApiError, read } from "../../api/client.ts";
import { pathWith } from "../../api/path.ts";
import { RELEASE_STREAMS, useTenant } from "../../api/query.ts";
import type { Environments, PromotionPreview } from "../../api/wire.ts";

export type Environment = Environments["environments"][number];

/** A bundle that could come next into an environment: what the one before holds. */
export interface Candidate {
  readonly environment: Environment["environment"];
  readonly from: Environment["environment"];
  readonly bundle: NonNullable<Environment["bundle"]>;
}

/** For each environment after the first, what it would take next; none where it holds that already. */
export function candidatesOf(
  environments: readonly Pick<Environment, "environment" | "bundle">[],
): readonly Candidate[] {
  return environments.flatMap(({ environment, bundle }, at) => {
    const source = environments[at - 1];
    if (source === undefined || source.bundle === null) return [];
    return source.bundle.bundle_id === bundle?.bundle_id
      ? []
      : [{ environment, from: source.environment, bundle: source.bundle }];
  });
}

/** A candidate with what its promotion would come to; the refusal where that cannot be said. */
export interface Next extends Candidate {
  readonly preview: PromotionPreview | null;
  readonly refusal: ApiError | null;
}

/** What comes next into each environment, and what keeps it back; read anew with everything of the tenant. */
export function useNext(environments: readonly Environment[]): readonly Next[] {
  const tenant = useTenant();
  const candidates = candidatesOf(environments);
  const found = useQueries({
    queries: candidates.map(({ environment, bundle }) => {
      const path = pathWith(`/v1/environments/${environment}/promotion-preview`, { bundle_id: bundle.bundle_id });
      return {
        queryKey: [tenant, path],
        queryFn: () => read<PromotionPreview>(tenant, path),
        retry: false,
        // Looking at every check takes the server a while: only what may change them asks for it again.
        meta: { of: RELEASE_STREAMS },
      };
    }),
  });
  return candidates.map((candidate, at): Next => {
    const one = found[at];
    return { ...candidate, preview: one?.data ?? null, refusal: refusalIn(one?.error) };
  });
}

const refusalIn = (error: unknown): ApiError | null => (error instanceof ApiError ? error : null);
