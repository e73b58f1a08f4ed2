import { Link } from "@tanstack/react-router";
import { useTenant } from "../../api/query.ts";
import { Blocking } from "../releases/blocking.tsx";
import { shortBundle } from "../releases/names.ts";
import type { Next } from "../releases/next.ts";

/** What waits to ship, what keeps it back, and what would flip that. */
export function NextOnes({ next }: { readonly next: readonly Next[] }) {
  const tenant = useTenant();
  return (
    <>
      {next.map((one) => (
        <section key={one.environment}>
          <h2>
            Next into{" "}
            <Link to="/t/$tenant/releases" params={{ tenant }} hash={one.environment}>
              {one.environment}
            </Link>
            :{" "}
            <Link
              to="/t/$tenant/releases/$bundle"
              params={{ tenant, bundle: one.bundle.bundle_id }}
              title={one.bundle.bundle_id}
            >
              {shortBundle(one.bundle.bundle_id)}
            </Link>
          </h2>
          <Blocking next={one} />
        </section>
      ))}
    </>
  );
}
