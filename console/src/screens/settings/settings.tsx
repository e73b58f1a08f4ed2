import "./settings.css";
import { Link } from "@tanstack/react-router";
import { rolesWith } from "../../../../src/api/http/rights.ts";
import { useGrant, useGrants } from "../../api/right.ts";
import { SignInBindings } from "./bindings.tsx";
import { Channels } from "./channels.tsx";
import { Members } from "./keys.tsx";
import { Tenants } from "./tenants.tsx";

/** Who may do what here, and by which ways the tenant is reached. */
export function SettingsScreen() {
  return (
    <div className="settings">
      <h1>Settings</h1>
      <You />
      <Members />
      <SignInBindings />
      <Channels />
      <Tenants />
      <Retention />
    </div>
  );
}

const RIGHTS = [
  ["read", "sees everything of the tenant"],
  ["operate", "starts, stops and mends runs"],
  ["approve", "decides approvals"],
  ["administer", "makes and revokes keys, sets services, takes runs over"],
  ["install", "adds tenants, drains workers"],
] as const;

/** Whose session this is, and what the roles may do: the server's own table. */
function You() {
  const grant = useGrant();
  const grants = useGrants();
  return (
    <section>
      <h2>You</h2>
      <p>
        {grants.map(({ tenant_id, principal_id, role }, index) => (
          <span key={tenant_id}>
            {index === 0 ? "" : ", "}
            {tenant_id === grant?.tenant_id ? (
              <strong>{tenant_id}</strong>
            ) : (
              <Link to="/t/$tenant/settings" params={{ tenant: tenant_id }}>
                {tenant_id}
              </Link>
            )}{" "}
            as {principal_id} ({role})
          </span>
        ))}
      </p>
      <dl className="facts">
        {RIGHTS.map(([right, says]) => {
          const roles = rolesWith([right]);
          const isYours = grant !== undefined && roles.includes(grant.role);
          return (
            <div key={right} className="pair">
              <dt className={isYours ? "yours" : ""}>
                <span aria-hidden="true">{isYours ? "✓" : "○"}</span> {right}
              </dt>
              <dd>
                {says} <span className="soft">· {roles.join(", ")}</span>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}

/** What goes by itself, and what stays: there is nothing to set. */
const Retention = () => (
  <section>
    <h2>Retention</h2>
    <p>
      The ledger is kept whole: streams, receipts and artifacts stay until somebody takes them away. There is nothing to
      set.
    </p>
    <dl className="facts">
      <dt>ends by itself</dt>
      <dd>a sign-in after 12 h; a link to sign in after 10 min; a replaced credential, for webhooks, after 24 h</dd>
      <dt>goes by itself</dt>
      <dd>the history of a breaker after 30 days; a worker that nobody has heard of after 1 day</dd>
    </dl>
  </section>
);
