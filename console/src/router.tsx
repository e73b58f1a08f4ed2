import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { readSession } from "./api/client.ts";
import { firstSession } from "./first-asked.ts";
import { Frame } from "./frame.tsx";
import { backtestSearch, gatesSearch } from "./screens/gates/search.ts";
import type { RangeSearch } from "./screens/health/range.ts";
import { HomeScreen } from "./screens/home/home.tsx";
import { ledgerSearch, streamSearch } from "./screens/ledger/search.ts";
import { releasesSearch } from "./screens/releases/search.ts";
import { countIn, textIn } from "./ui/search.ts";

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => (
    <p className="lost">
      There is no such page. <Link to="/">Home</Link>
    </p>
  ),
});

const landing = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const { grants } = await whoIsThere();
    const [one] = grants;
    throw one === undefined
      ? redirect({ to: "/sign-in" })
      : redirect({ to: "/t/$tenant", params: { tenant: one.tenant_id } });
  },
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: lazyRouteComponent(() => import("./screens/sign-in/sign-in.tsx"), "SignInScreen"),
});

/** Who is there: first as it was asked while the page was still being made, then anew with each step. */
let first = firstSession;

function whoIsThere(): ReturnType<typeof readSession> {
  const asked = first ?? readSession();
  first = null;
  return asked;
}

const tenant = createRoute({
  getParentRoute: () => root,
  path: "/t/$tenant",
  component: Frame,
  beforeLoad: async ({ params, location: { href: back } }) => {
    const { grants } = await whoIsThere();
    if (!grants.some(({ tenant_id }) => tenant_id === params.tenant))
      throw redirect({ to: "/sign-in", state: { back } });
    return { grants };
  },
});

const home = createRoute({
  getParentRoute: () => tenant,
  path: "/",
  component: HomeScreen,
});
const runs = createRoute({
  getParentRoute: () => tenant,
  path: "/runs",
  component: lazyRouteComponent(() => import("./screens/runs/runs.tsx"), "RunsScreen"),
  validateSearch: (
    search,
  ): { status?: string | undefined; workflow?: string | undefined; search?: string | undefined } => ({
    status: textIn(search.status),
    workflow: textIn(search.workflow),
    search: textIn(search.search),
  }),
});
const run = createRoute({
  getParentRoute: () => tenant,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("./screens/runs/run.tsx"), "RunScreen"),
  validateSearch: (
    search,
  ): { step?: string | undefined; version?: number | undefined; since?: number | undefined } => ({
    step: textIn(search.step),
    version: countIn(search.version, 1),
    since: countIn(search.since, 1),
  }),
});
const runbook = createRoute({
  getParentRoute: () => tenant,
  path: "/runbook",
  component: lazyRouteComponent(() => import("./screens/runbook/runbook.tsx"), "RunbookScreen"),
});
const inbox = createRoute({
  getParentRoute: () => tenant,
  path: "/inbox",
  component: lazyRouteComponent(() => import("./screens/inbox/inbox.tsx"), "InboxScreen"),
  validateSearch: (search): { approval?: string | undefined; all?: boolean | undefined } => ({
    approval: textIn(search.approval),
    all: search.all === true ? true : undefined,
  }),
});
const ledger = createRoute({
  getParentRoute: () => tenant,
  path: "/ledger",
  component: lazyRouteComponent(() => import("./screens/ledger/ledger.tsx"), "LedgerScreen"),
  validateSearch: ledgerSearch,
});
const stream = createRoute({
  getParentRoute: () => tenant,
  path: "/ledger/$stream",
  component: lazyRouteComponent(() => import("./screens/ledger/stream.tsx"), "StreamScreen"),
  validateSearch: streamSearch,
});
const gates = createRoute({
  getParentRoute: () => tenant,
  path: "/gates",
  component: lazyRouteComponent(() => import("./screens/gates/gates.tsx"), "GatesScreen"),
  validateSearch: gatesSearch,
});
const compare = createRoute({
  getParentRoute: () => tenant,
  path: "/gates/compare",
  component: lazyRouteComponent(() => import("./screens/gates/compare.tsx"), "CompareScreen"),
  validateSearch: (search): { a: string; b: string } => ({ a: textIn(search.a) ?? "", b: textIn(search.b) ?? "" }),
});
const policy = createRoute({
  getParentRoute: () => tenant,
  path: "/gates/policies/$policy",
  component: lazyRouteComponent(() => import("./screens/gates/policy.tsx"), "PolicyScreen"),
  validateSearch: backtestSearch,
});
const decision = createRoute({
  getParentRoute: () => tenant,
  path: "/gates/$evaluation",
  component: lazyRouteComponent(() => import("./screens/gates/decision.tsx"), "DecisionScreen"),
});
const releases = createRoute({
  getParentRoute: () => tenant,
  path: "/releases",
  component: lazyRouteComponent(() => import("./screens/releases/releases.tsx"), "ReleasesScreen"),
  validateSearch: releasesSearch,
});
const bundle = createRoute({
  getParentRoute: () => tenant,
  path: "/releases/$bundle",
  component: lazyRouteComponent(() => import("./screens/releases/bundle.tsx"), "BundleScreen"),
});
const lineage = createRoute({
  getParentRoute: () => tenant,
  path: "/releases/$bundle/lineage",
  component: lazyRouteComponent(() => import("./screens/releases/lineage.tsx"), "LineageScreen"),
  validateSearch: (search): { node?: string | undefined } => ({ node: textIn(search.node) }),
});
const health = createRoute({
  getParentRoute: () => tenant,
  path: "/health",
  component: lazyRouteComponent(() => import("./screens/health/health.tsx"), "HealthScreen"),
  validateSearch: (search): RangeSearch => ({
    range: textIn(search.range),
    from: textIn(search.from),
    to: textIn(search.to),
  }),
});
const settings = createRoute({
  getParentRoute: () => tenant,
  path: "/settings",
  component: lazyRouteComponent(() => import("./screens/settings/settings.tsx"), "SettingsScreen"),
});

export const router = createRouter({
  routeTree: root.addChildren([
    landing,
    signIn,
    tenant.addChildren([
      home,
      runs,
      run,
      runbook,
      inbox,
      ledger,
      stream,
      gates,
      compare,
      policy,
      decision,
      releases,
      bundle,
      lineage,
      health,
      settings,
    ]),
  ]),
});

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** Where somebody wanted to go who has to sign in for it. */
    readonly back?: string;
  }
  interface Register {
    readonly router: typeof router;
  }
}
