import { Link } from "@tanstack/react-router";
import { useTenant } from "../../api/query.ts";
import type { Environments } from "../../api/wire.ts";
import { BundleLink } from "../../links.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
import { HEALTH_LOOKS } from "../../ui/tone.ts";
import type { Environment } from "./next.ts";

/** The way of a bundle: dev, staging, prod; what each holds, tries, and is held by. */
export function Track({ environments, holds }: Environments) {
  const tenant = useTenant();
  return (
    <section>
      <h2>Environments</h2>
      <ol className="track">
        {environments.map((one) => (
          <li key={one.environment} className={one.bundle === null ? "vacant" : one.bundle.health}>
            <h3>
              <Link to="/t/$tenant/releases" params={{ tenant }} hash={one.environment}>
                {one.environment}
              </Link>{" "}
              {one.served ? <span className="soft">· runs here</span> : null}
            </h3>
            <Holding bundle={one.bundle} />
            {one.canary === null ? null : <Trial canary={one.canary} />}
            {holds
              .filter(({ scope }) => scope === "all" || scope === one.environment)
              .map(({ hold_id, reason }) => (
                <p key={hold_id} className="held">
                  ✕ held: {reason}
                </p>
              ))}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Holding({ bundle }: Pick<Environment, "bundle">) {
  if (bundle === null) return <p className="soft">nothing released</p>;
  return (
    <>
      <p className="bundle">
        <BundleLink bundle={bundle.bundle_id}>{bundle.bundle_id}</BundleLink>
      </p>
      <Badge look={HEALTH_LOOKS[bundle.health]} />
    </>
  );
}

/** A bundle that is tried: on how many of the new runs, and when it is judged next. */
function Trial({ canary }: { readonly canary: NonNullable<Environment["canary"]> }) {
  const tenant = useTenant();
  return (
    <div className="trial">
      <p>
        tried on {canary.share_percent} % of the new runs; the others start on{" "}
        <Link to="/t/$tenant/releases/$bundle" params={{ tenant, bundle: canary.baseline_bundle_id }}>
          <code>{canary.baseline_bundle_id}</code>
        </Link>
      </p>
      <meter min={0} max={100} value={canary.share_percent} aria-label="share of the new runs, in per cent" />
      <p className="soft">
        step {canary.step + 1} of {canary.steps.length}, judged next <Time at={canary.next_look_at} />
        {canary.stalled_at === null ? null : <span className="wait"> · too few runs to judge by</span>}
      </p>
    </div>
  );
}
