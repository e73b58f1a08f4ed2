import { z } from "zod";
import type { Mode } from "../../guard/index.ts";
import { type CanaryStep, LIVE_STEPS, SANDBOX_STEPS } from "../canary/canary.ts";
import type { Environment } from "./environment.ts";

/** What an environment asks of those who move it, as it is set: what is not there is as its kind of tenant has it. */
export const SETTINGS = z
  .strictObject({
    /** How many people have to approve a bundle before it comes in. */
    approvals: z.int().min(0).max(10).optional(),
    /** How long the environment before has to have held it. */
    soak_seconds: z.int().min(0).max(2_592_000).optional(),
    /** Whether it has to be said which run built a bundle, or has to be right only where it is said. */
    provenance: z.enum(["required", "optional"]).optional(),
    /** Whether every bundle is tried on a share of the new runs first, or those that are promoted so. */
    canary: z.enum(["always", "asked"]).optional(),
    canary_steps: z
      .array(
        z
          .strictObject({
            share_percent: z.int().min(1).max(100),
            dwell_seconds: z.int().min(0).max(2_592_000),
            runs_min: z.int().min(0).max(100_000),
          })
          .readonly(),
      )
      .min(1)
      .max(10)
      .refine(isRising, "shares have to rise, and end with 100")
      .readonly()
      .optional(),
  })
  .readonly();

export type SetSettings = z.output<typeof SETTINGS>;

function isRising(steps: readonly CanaryStep[]): boolean {
  const isAbove = (step: CanaryStep, index: number): boolean =>
    step.share_percent > (steps[index - 1]?.share_percent ?? 0);
  return steps.every(isAbove) && steps.at(-1)?.share_percent === 100;
}

/** The same, whole. Wire form. */
export interface EnvironmentSettings {
  readonly approvals: number;
  readonly soak_seconds: number;
  readonly provenance: "required" | "optional";
  readonly canary: "always" | "asked";
  readonly canary_steps: readonly CanaryStep[];
}

/** Where customers are, before anything else was set. */
const LIVE: { readonly [environment in Environment]: Pick<EnvironmentSettings, "approvals" | "soak_seconds"> } = {
  dev: { approvals: 0, soak_seconds: 0 },
  staging: { approvals: 1, soak_seconds: 3_600 },
  prod: { approvals: 2, soak_seconds: 86_400 },
};

/** What an environment asks: what was set, else what is asked where customers are, or where nobody is. */
export const settingsOf = (environment: Environment, mode: Mode, set: SetSettings): EnvironmentSettings => ({
  approvals: set.approvals ?? (mode === "live" ? LIVE[environment].approvals : 0),
  soak_seconds: set.soak_seconds ?? (mode === "live" ? LIVE[environment].soak_seconds : 0),
  provenance: set.provenance ?? "optional",
  canary: set.canary ?? (mode === "live" && environment === "prod" ? "always" : "asked"),
  canary_steps: set.canary_steps ?? (mode === "live" ? LIVE_STEPS : SANDBOX_STEPS),
});
