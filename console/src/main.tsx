import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, read } from "./api/client.ts";
import { firstAsked } from "./first-asked.ts";
import { router } from "./router.tsx";

/** What was refused is refused again; a fault may have passed. */
const mayHelp = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);

// Nothing polls: the live connection says when something is to be read anew.
const client = new QueryClient({
  defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: mayHelp, refetchOnWindowFocus: false } },
});

// The screen's own file comes while the server says who is there, not after it.
for (const route of router.getMatchedRoutes(router.latestLocation.pathname)[0]) void router.loadRouteChunk(route);

for (const { tenant, path, pagesKey, answer } of firstAsked) {
  let first: Promise<unknown> | null = answer;
  const queryFn = (): Promise<unknown> => {
    const asked = first ?? read(tenant, path);
    first = null;
    return asked;
  };
  if (pagesKey === null) void client.prefetchQuery({ queryKey: [tenant, path], queryFn });
  else void client.prefetchInfiniteQuery({ queryKey: pagesKey, queryFn, initialPageParam: 0 });
}

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
