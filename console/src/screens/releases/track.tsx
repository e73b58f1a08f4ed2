import type { Environments } from "../../api/wire.ts";
import { Badge } from "../../ui/badge.tsx";
import { Time } from "../../ui/time.tsx";
import { HEALTH_LOOKS } from "../../ui/tone.ts";

type Environment = Environments["environments"][number];

/** The way of a bundle: dev, staging, prod; what each holds, tries, and is held by. */
export const Track = ({ environments, holds }: Environments) => (
  <section>
    <h2>Environments</h2>
    <ol className="track">
      {environments.map((one) => (
        <li key={one.environment} className={one.bundle === null ? "vacant" : one.bundle.health}>
          <Stop stop={one} />
          {holds
            .filter(({ scope }) => scope === "all" || scope === one.environment)
            .map(({ hold_id, reason }) => (
              <p key={hold_id} className="held">
                held: {reason}
              </p>
            ))}
        </li>
      ))}
    </ol>
  </section>
);

const Stop = ({ stop: { environment, bundle, served, canary } }: { readonly stop: Environment }) => (
  <>
    <h3>
      {environment} {served ? <span className="soft">· runs here</span> : null}
    </h3>
    {bundle === null ? (
      <p className="soft">holds nothing</p>
    ) : (
      <>
        <p className="bundle">{bundle.bundle_id}</p>
        <Badge look={HEALTH_LOOKS[bundle.health]} />
      </>
    )}
    {canary === null ? null : <Trial canary={canary} />}
  </>
);

/** A bundle that is tried: on how many of the new runs, and when it is judged next. */
const Trial = ({ canary }: { readonly canary: NonNullable<Environment["canary"]> }) => (
  <div className="trial">
    <p>
      tried on {canary.share_percent} % of the new runs; the others start on <code>{canary.baseline_bundle_id}</code>
    </p>
    <meter min={0} max={100} value={canary.share_percent} aria-label="share of the new runs, in per cent" />
    <p className="soft">
      step {canary.step + 1} of {canary.steps.length}, judged next <Time at={canary.next_look_at} />
      {canary.stalled_at === null ? null : <span className="wait"> · too few runs to judge by</span>}
    </p>
  </div>
);
