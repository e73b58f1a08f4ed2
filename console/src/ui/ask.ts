import { type RegisteredRouter, type RouteById, useNavigate } from "@tanstack/react-router";

/** Screens with a list whose search and page stand in the URL. */
type ListRoute = "/t/$tenant/ledger" | "/t/$tenant/gates" | "/t/$tenant/releases";

type SearchOf<R extends ListRoute> = RouteById<RegisteredRouter["routeTree"], R>["types"]["searchSchema"];

/** Asks something else of the list that is shown, from its first page on unless `before` is told: so pages are turned, too. */
export function useAsk<R extends ListRoute>(): (changed: Partial<SearchOf<R>>) => void {
  const navigate = useNavigate();
  return (changed) => void navigate({ to: ".", search: (held) => ({ ...held, before: undefined, ...changed }) });
}
