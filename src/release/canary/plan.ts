import { accepted, type Result, rejected } from "../../contracts/index.ts";
import { currentOf, type Environment, type HeldBundle, willServe } from "../environment/environment.ts";
import { lastKnownGood } from "../environment/rollback-targets.ts";
import type { EnvironmentSettings } from "../environment/settings.ts";
import type { CanaryStep } from "./canary.ts";

/** How a bundle is to be tried, and beside what. Wire form. */
export interface CanaryPlan {
  readonly baseline_bundle_id: string;
  readonly steps: readonly CanaryStep[];
}

/**
 * Whether a bundle that comes into an environment is tried on a share of its new runs first, beside the one that it replaces where that
 * does well, else the last that did. Refused with CANARY_IMPOSSIBLE, where it was asked for and there is nothing to try it beside.
 */
export function canaryPlan(asked: {
  readonly environment: Environment;
  readonly settings: EnvironmentSettings;
  readonly held: readonly HeldBundle[];
  readonly isAsked: boolean;
}): Result<CanaryPlan | null> {
  const { environment, settings, held, isAsked } = asked;
  if (!isAsked && settings.canary === "asked") return accepted(null);
  if (!willServe(held, environment)) return isAsked ? impossible(`${environment} runs nothing`) : accepted(null);
  const current = currentOf(held, environment);
  const baseline = current?.health === "good" ? current : lastKnownGood(held, environment)[0];
  if (baseline === undefined) return isAsked ? impossible(`nothing did well in ${environment} before`) : accepted(null);
  return accepted({ baseline_bundle_id: baseline.bundle_id, steps: settings.canary_steps });
}

const impossible = (message: string) => rejected({ code: "CANARY_IMPOSSIBLE", message });
