import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { signOut } from "./api/client.ts";
import { type Link as Connection, useLive } from "./api/live.ts";
import { useRead, useTenant } from "./api/query.ts";
import { useGrant, useGrants } from "./api/right.ts";
import type { Overview } from "./api/wire.ts";
import { KeyHelp } from "./ui/help.tsx";
import { useKeys } from "./ui/keys.ts";

const SCREENS = [
  { to: "/t/$tenant", name: "Home", key: "1" },
  { to: "/t/$tenant/runs", name: "Runs", key: "2" },
  { to: "/t/$tenant/inbox", name: "Inbox", key: "3" },
  { to: "/t/$tenant/ledger", name: "Ledger", key: "4" },
  { to: "/t/$tenant/gates", name: "Gates", key: "5" },
  { to: "/t/$tenant/releases", name: "Releases", key: "6" },
  { to: "/t/$tenant/health", name: "Health", key: "7" },
  { to: "/t/$tenant/settings", name: "Settings", key: "8" },
] as const;

const WORDS = Object.fromEntries(SCREENS.map(({ key, name }) => [key, name]));

/** Around every screen: where one is, as whom, in which mode, and whether what is shown is of now. */
export function Frame() {
  const tenant = useTenant();
  const navigate = useNavigate();
  const link = useLive(tenant);
  const keys = useMemo(
    () => Object.fromEntries(SCREENS.map(({ to, key }) => [key, () => void navigate({ to, params: { tenant } })])),
    [navigate, tenant],
  );
  useKeys(keys, WORDS);
  const waiting = useRead<Overview>("/v1/overview").data?.approvals.count ?? 0;
  return (
    <div className="frame">
      <header className="top">
        <Link to="/t/$tenant" params={{ tenant }} className="brand">
          <span aria-hidden="true">✓</span> Countermark
        </Link>
        <nav aria-label="screens">
          {SCREENS.map(({ to, name, key }) => (
            <Link
              key={to}
              to={to}
              params={{ tenant }}
              activeOptions={{ exact: name === "Home", includeSearch: false }}
              title={`${name} (${key})`}
            >
              {name}
              {name === "Inbox" && waiting > 0 ? <span className="count">{waiting}</span> : null}
            </Link>
          ))}
        </nav>
        <Standing tenant={tenant} link={link} />
      </header>
      <main>
        <Outlet />
      </main>
    </div>
  );
}

/** Mark, class and words of the live connection. */
const LINKS: { readonly [L in Connection]: readonly [className: string, says: string] } = {
  live: ["link live", "● live"],
  lost: ["link stale", "◌ stale: connecting again"],
  out: ["link stale", "✕ signed out"],
};

function Standing({ tenant, link }: { readonly tenant: string; readonly link: Connection }) {
  const navigate = useNavigate();
  const grants = useGrants();
  const me = useGrant();
  const [className, says] = LINKS[link];
  const mode = useRead<Overview>("/v1/overview").data?.mode;
  return (
    <div className="standing">
      {mode === undefined || mode === null ? null : (
        <span className={`mode ${mode}`} title="what this tenant's tools can reach">
          {mode}
        </span>
      )}
      <span className={className} role="status">
        {says}
      </span>
      {grants.length > 1 ? (
        <select
          aria-label="tenant"
          value={tenant}
          onChange={({ target }) => void navigate({ to: "/t/$tenant", params: { tenant: target.value } })}
        >
          {grants.map(({ tenant_id }) => (
            <option key={tenant_id}>{tenant_id}</option>
          ))}
        </select>
      ) : (
        <strong>{tenant}</strong>
      )}
      <span className="soft">
        {me?.principal_id} ({me?.role})
      </span>
      <KeyHelp />
      {link === "out" ? (
        <Link to="/sign-in" state={{ back: location.pathname + location.search }} className="button">
          sign in
        </Link>
      ) : (
        <button type="button" onClick={() => void signOut().then(() => navigate({ to: "/sign-in" }))}>
          sign out
        </button>
      )}
    </div>
  );
}
