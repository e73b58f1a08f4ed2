import { assert, type Instant, type Result, statusMachine, transitionOf } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { findLetter, type LetterRow, reviewLetter } from "./queries.ts";

/** Where a dead letter stands. Each move but the first needs a person and a reason. */
export type LetterState = "PENDING_REVIEW" | "REQUEUED" | "DISCARDED" | "RESOLVED";

export const LETTER_MACHINE = statusMachine<LetterState>(
  { name: "a dead letter", version: "1.0.0" },
  {
    PENDING_REVIEW: ["REQUEUED", "DISCARDED", "RESOLVED"],
    REQUEUED: [],
    DISCARDED: [],
    RESOLVED: [],
  },
);

/** What a person decided about a dead letter. */
export interface Review {
  readonly state: Exclude<LetterState, "PENDING_REVIEW">;
  readonly by: string;
  readonly reason: string;
  readonly at: Instant;
  /** The run that goes on with it; null unless it is requeued. */
  readonly requeuedAs: string | null;
}

/**
 * Writes a review under the letter's row lock, in the caller's transaction. Refused: STATE_TRANSITION_ILLEGAL for a letter that
 * was reviewed before, other than by the very same act.
 */
export async function review(sql: TenantQuery, letter: LetterRow, made: Review): Promise<Result<LetterRow>> {
  const moved = transitionOf(LETTER_MACHINE, letter.state, made.state);
  if (!moved.ok) return moved;
  await reviewLetter(sql, letter.dead_letter_id, made);
  const after = await findLetter(sql, letter.dead_letter_id);
  assert(after?.state === made.state, "a letter that is locked is reviewed");
  return { ok: true, value: after };
}
