import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { readSession } from "./api/client.ts";
import { Frame } from "./frame.tsx";
import { CompareScreen } from "./screens/gates/compare.tsx";
import { DecisionScreen } from "./screens/gates/decision.tsx";
import { GatesScreen } from "./screens/gates/gates.tsx";
import { PolicyScreen } from "./screens/gates/policy.tsx";
import { backtestSearch, gatesSearch } from "./screens/gates/search.ts";
import { HealthScreen } from "./screens/health/health.tsx";
import type { RangeSearch } from "./screens/health/range.ts";
import { HomeScreen } from "./screens/home/home.tsx";
import { InboxScreen } from "./screens/inbox/inbox.tsx";
import { LedgerScreen } from "./screens/ledger/ledger.tsx";
import { ledgerSearch, streamSearch } from "./screens/ledger/search.ts";
import { StreamScreen } from "./screens/ledger/stream.tsx";
import { BundleScreen } from "./screens/releases/bundle.tsx";
import { LineageScreen } from "./screens/releases/lineage.tsx";
import { ReleasesScreen } from "./screens/releases/releases.tsx";
import { releasesSearch } from "./screens/releases/search.ts";
import { RunScreen } from "./screens/runs/run.tsx";
import { RunsScreen } from "./screens/runs/runs.tsx";
import { SettingsScreen } from "./screens/settings/settings.tsx";
import { SignInScreen } from "./screens/sign-in/sign-in.tsx";

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <p className="lost">There is no such page.</p>,
});

const landing = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: async () => {
    const { grants } = await readSession();
    const [first] = grants;
    throw first === undefined
      ? redirect({ to: "/sign-in" })
      : redirect({ to: "/t/$tenant", params: { tenant: first.tenant_id } });
  },
});

const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignInScreen });

const tenant = createRoute({
  getParentRoute: () => root,
  path: "/t/$tenant",
  component: Frame,
  beforeLoad: async ({ params }) => {
    const { grants } = await readSession();
    if (!grants.some(({ tenant_id }) => tenant_id === params.tenant)) throw redirect({ to: "/sign-in" });
    return { grants };
  },
});

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

const count = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : undefined;

const home = createRoute({ getParentRoute: () => tenant, path: "/", component: HomeScreen });
const runs = createRoute({
  getParentRoute: () => tenant,
  path: "/runs",
  component: RunsScreen,
  validateSearch: (
    search,
  ): { status?: string | undefined; workflow?: string | undefined; search?: string | undefined } => ({
    status: text(search.status),
    workflow: text(search.workflow),
    search: text(search.search),
  }),
});
const run = createRoute({
  getParentRoute: () => tenant,
  path: "/runs/$run",
  component: RunScreen,
  validateSearch: (
    search,
  ): { step?: string | undefined; version?: number | undefined; since?: number | undefined } => ({
    step: text(search.step),
    version: count(search.version),
    since: count(search.since),
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
  component: InboxScreen,
  validateSearch: (search): { approval?: string | undefined; all?: boolean | undefined } => ({
    approval: text(search.approval),
    all: search.all === true ? true : undefined,
  }),
});
const ledger = createRoute({
  getParentRoute: () => tenant,
  path: "/ledger",
  component: LedgerScreen,
  validateSearch: ledgerSearch,
});
const stream = createRoute({
  getParentRoute: () => tenant,
  path: "/ledger/$stream",
  component: StreamScreen,
  validateSearch: streamSearch,
});
const gates = createRoute({
  getParentRoute: () => tenant,
  path: "/gates",
  component: GatesScreen,
  validateSearch: gatesSearch,
});
const compare = createRoute({
  getParentRoute: () => tenant,
  path: "/gates/compare",
  component: CompareScreen,
  validateSearch: (search): { a: string; b: string } => ({ a: text(search.a) ?? "", b: text(search.b) ?? "" }),
});
const policy = createRoute({
  getParentRoute: () => tenant,
  path: "/gates/policies/$policy",
  component: PolicyScreen,
  validateSearch: backtestSearch,
});
const decision = createRoute({ getParentRoute: () => tenant, path: "/gates/$evaluation", component: DecisionScreen });
const releases = createRoute({
  getParentRoute: () => tenant,
  path: "/releases",
  component: ReleasesScreen,
  validateSearch: releasesSearch,
});
const bundle = createRoute({ getParentRoute: () => tenant, path: "/releases/$bundle", component: BundleScreen });
const lineage = createRoute({
  getParentRoute: () => tenant,
  path: "/releases/$bundle/lineage",
  component: LineageScreen,
  validateSearch: (search): { node?: string | undefined } => ({ node: text(search.node) }),
});
const health = createRoute({
  getParentRoute: () => tenant,
  path: "/health",
  component: HealthScreen,
  validateSearch: (search): RangeSearch => ({
    range: text(search.range),
    from: text(search.from),
    to: text(search.to),
  }),
});
const settings = createRoute({ getParentRoute: () => tenant, path: "/settings", component: SettingsScreen });

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
  interface Register {
    readonly router: typeof router;
  }
}
