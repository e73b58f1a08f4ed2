import { type Digest, type Instant, statusMachine } from "../../contracts/index.ts";

import type { Compat } from "../bundle/manifest.ts";

/** Environments in the order in which a bundle passes through them. */
export const ENVIRONMENTS = ["dev", "staging", "prod"] as const;

export type Environment = (typeof ENVIRONMENTS)[number];

/** Where a bundle has to be before it comes into an environment; null for the first. */
export const sourceOf = (environment: Environment): Environment | null =>
  ENVIRONMENTS[ENVIRONMENTS.indexOf(environment) - 1] ?? null;

/** How a bundle does in an environment: not known yet, well, or so badly that it is never promoted again. */
export type Health = "pending" | "good" | "bad";

/** Legal moves of a bundle's health within an environment; the database holds that bad stays bad. */
export const HEALTH_MACHINE = statusMachine<Health>(
  { name: "a bundle", version: "1" },
  { pending: ["good", "bad"], good: ["bad"], bad: [] },
);

/** A bundle in an environment that holds it, or held it before. */
export interface HeldBundle {
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly label: string;
  /** SHA-256 of the bundle's file. */
  readonly artifact_digest: Digest;
  readonly pack_digest: string;
  readonly contract_digests: readonly string[];
  /** When it was promoted first, anywhere. */
  readonly added_at: Instant;
  readonly health: Health;
  /** Its last move, in the environment's stream. */
  readonly last_seq: number;
  /** Whether the environment holds it now. */
  readonly is_current: boolean;
  /** Since when, where it does. */
  readonly held_since: Instant | null;
  /** What of earlier and later state it can live with; null where it says nothing of that. */
  readonly compat: Compat | null;
}

/** What may be held: promotions into an environment or into all, and what extensions apply while they are in beta. */
export const HOLD_SCOPES = ["all", ...ENVIRONMENTS, "beta"] as const;

/** Keeps things as they are: a freeze, a blocked deployment, a beta that may not go on. */
export interface Hold {
  readonly hold_id: string;
  readonly scope: (typeof HOLD_SCOPES)[number];
  readonly reason: string;
  readonly placed_by: string;
  readonly placed_at: Instant;
  /** What has to be mended before it is lifted, as JSON text; null where a person's word lifts it. */
  readonly basis: string | null;
}

/** Whether what a profile says concerns an environment, or any: one that is named for another environment says nothing of this one. */
export const concerns = (environment: Environment | null, profile: string | null): boolean =>
  environment === null || profile === environment || !ENVIRONMENTS.some((one) => one === profile);

/** The stream in which an environment's moves are recorded. */
export const streamOf = (environment: Environment): string => `environment:${environment}`;

/** What an environment holds now; undefined where it holds nothing. */
export const currentOf = (held: readonly HeldBundle[], environment: Environment): HeldBundle | undefined =>
  held.find((bundle) => bundle.environment === environment && bundle.is_current);

/**
 * The environment whose bundle a tenant's runtime runs: the furthest that holds one. Undefined where none does; then anything
 * may be run that a pack declares.
 */
export const servedOf = (held: readonly HeldBundle[]): Environment | undefined =>
  ENVIRONMENTS.toReversed().find((environment) => currentOf(held, environment) !== undefined);

/** Whether the runtime runs what is moved into an environment: nothing further on holds a bundle. */
export function willServe(held: readonly HeldBundle[], environment: Environment): boolean {
  const furthest = servedOf(held);
  return furthest === undefined || ENVIRONMENTS.indexOf(environment) >= ENVIRONMENTS.indexOf(furthest);
}
