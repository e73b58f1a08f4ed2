import { accepted, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import { currentOf, type Environment, type HeldBundle } from "./environment.ts";
import { stateProblem } from "./state-check.ts";

/**
 * What an environment may go back to, best first: bundles it held whose health there is good, newest by their last move; never
 * the one it holds, never one that is bad anywhere.
 */
export function lastKnownGood(held: readonly HeldBundle[], environment: Environment): readonly HeldBundle[] {
  const current = currentOf(held, environment);
  const bad = new Set(held.filter(({ health }) => health === "bad").map(({ root_digest }) => root_digest));
  return held
    .filter(
      (bundle) =>
        bundle.environment === environment &&
        bundle.health === "good" &&
        bundle.bundle_id !== current?.bundle_id &&
        bundle.root_digest !== current?.root_digest &&
        !bad.has(bundle.root_digest),
    )
    .toSorted((a, b) => b.last_seq - a.last_seq);
}

/**
 * RBK-02, RBK-03: of what an environment may go back to, what can read the state that its bundle leaves, best first; the one that is
 * named alone. Refused: ROLLBACK_TARGET_MISSING; ROLLBACK_INCOMPATIBLE where state keeps it, naming those that it keeps not.
 */
export function rollbackTargets(
  held: readonly HeldBundle[],
  environment: Environment,
  bundleId: string | null,
): Result<readonly HeldBundle[]> {
  const from = currentOf(held, environment)?.compat ?? null;
  const good = lastKnownGood(held, environment);
  const able = good.filter(({ compat }) => stateProblem(compat, from) === null);
  const asked = good.filter(({ bundle_id }) => bundleId === null || bundle_id === bundleId);
  const targets = asked.filter((bundle) => able.includes(bundle));
  if (targets.length > 0) return accepted(targets);
  const [kept] = asked;
  if (kept === undefined) return rejected(noTarget(environment, bundleId));
  const proposed = able.map(({ bundle_id }) => bundle_id);
  return rejected({
    code: "ROLLBACK_INCOMPATIBLE",
    message: `\`${kept.bundle_id}\`: ${stateProblem(kept.compat, from) ?? ""}${proposed.length === 0 ? "" : `; \`${proposed.join("`, `")}\` can read the state that is there`}`,
    details: { proposed },
  });
}

export const noTarget = (environment: Environment, bundleId: string | null): Refusal => ({
  code: "ROLLBACK_TARGET_MISSING",
  message:
    bundleId === null
      ? `${environment} has held no other bundle that did well there and still verifies`
      : `\`${bundleId}\` is no id of another bundle that did well in ${environment} and still verifies`,
});
