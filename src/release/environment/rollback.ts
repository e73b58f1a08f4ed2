import { currentOf, type Environment, type HeldBundle } from "./environment.ts";

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
