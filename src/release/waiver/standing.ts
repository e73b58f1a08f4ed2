import { formatInstant, type Instant } from "../../contracts/index.ts";
import type { Roster } from "../bundle/trust.ts";
import { unprovedIn } from "./offered.ts";
import { type StoredWaiver, stateAt } from "./waiver.ts";

/** A waiver that a decision rests on, as it is when somebody acts on the decision. */
export interface RestingOn {
  readonly waiver_id: string;
  /** Where it is for. */
  readonly environments: readonly string[];
  /** Why it holds no more; null while it does. */
  readonly problem: string | null;
}

/** What a decision rests on, looked at again: a waiver that was revoked, has ended or lost the trust in a signature carries nothing. */
export const restingOn = (
  stored: StoredWaiver,
  trust: { readonly roster: Roster; readonly at: Instant },
): RestingOn => ({
  waiver_id: stored.waiver_id,
  environments: stored.waiver.scope.environments,
  problem: problemOf(stored, trust),
});

function problemOf(stored: StoredWaiver, trust: { readonly roster: Roster; readonly at: Instant }): string | null {
  const state = stateAt(stored, trust.at);
  if (state !== "approved") {
    const since = stored.ended_at ?? (state === "expired" ? stored.expires_at : null);
    return `${state}${since === null ? "" : ` since ${formatInstant(since)}`}`;
  }
  const [unproved] = unprovedIn([stored.waiver], trust);
  return unproved === undefined ? null : `not proved any more: ${unproved.detail}`;
}
