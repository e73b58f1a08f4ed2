import "./styles.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiError, read } from "./api/client.ts";
import { router } from "./router.tsx";

/** What was refused is refused again; a fault may have passed. */
const mayHelp = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);

// Nothing polls: the live connection says when something is to be read anew.
const client = new QueryClient({
  defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY, retry: mayHelp, refetchOnWindowFocus: false } },
});

// The screen's own file, and what it reads, come while the server says who is there, not after it.
const [routes, params] = router.getMatchedRoutes(router.latestLocation.pathname);
for (const route of routes) {
  void router.loadRouteChunk(route);
  const { tenant = "" } = params;
  for (const path of route.options.staticData?.reads?.(params) ?? [])
    void client.prefetchQuery({ queryKey: [tenant, path], queryFn: () => read(tenant, path) });
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
