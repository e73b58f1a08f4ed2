import { after, formatInstant, type Instant } from "../contracts/index.ts";
import type { Policy } from "./policy.ts";
import { type Court, demandedOf, type PastWaiver, timeIssue, undecided } from "./waiver-rules.ts";
import type { Waiver } from "./waiver-shape.ts";

/** When the like of a waiver may be asked for again. */
export interface Renewal {
  readonly from: Instant;
  /** How long it may hold if it is asked for then. */
  readonly secondsMax: number;
}

/**
 * The first instant, from now on, at which the like of a waiver passes its policy's limits on waivers in a row and on time waived, as
 * far as is known now. Null where the policy takes none.
 */
export function renewalOf(
  waiver: Waiver,
  { policy, history, now }: { readonly policy: Policy; readonly history: readonly PastWaiver[]; readonly now: Instant },
): Renewal | null {
  const { waivers: rules } = policy.text;
  if (rules === undefined) return null;
  const input = undecided(history);
  const isTaken = (from: Instant, seconds: number): boolean => {
    const court: Court = { rows: [], policy, profile: null, input, decidedAt: from, rules };
    const asked = {
      ...waiver,
      created_at: formatInstant(from),
      expires_at: formatInstant(after(from, seconds * 1_000)),
    };
    return timeIssue(asked, court) === null;
  };
  // A row of waivers is broken once one has ended; time waived comes back as soon as the span moves past a beginning.
  const turns = history
    .filter(({ check_id }) => check_id === waiver.check_id)
    .flatMap(({ from, until }) => [after(until, 1), after(from, rules.waived_seconds_within * 1_000 + 1)]);
  const from = [now, ...turns.filter((at) => at > now)].toSorted((a, b) => a - b).find((at) => isTaken(at, 1));
  if (from === undefined) return null;
  const { ttlSeconds } = demandedOf(waiver, rules);
  return { from, secondsMax: longest(ttlSeconds, (seconds) => isTaken(from, seconds)) };
}

/** The greatest of 1 to `most` that is taken, where 1 is and nothing is past one that is not. */
function longest(most: number, isTaken: (seconds: number) => boolean): number {
  let [good, bad] = [1, most + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isTaken(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
