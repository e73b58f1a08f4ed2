import { expect, test } from "vitest";
import { mayMove, type ProcessingStatus } from "./processing-status.ts";

const STATUSES: readonly ProcessingStatus[] = ["RECEIVED", "HELD_ORDERING", "APPLIED", "RECONCILE_QUEUED", "REJECTED"];

/** commerce-kernel 14.3, copied. */
const LEGAL = [
  "RECEIVED>APPLIED",
  "RECEIVED>HELD_ORDERING",
  "RECEIVED>RECONCILE_QUEUED",
  "RECEIVED>REJECTED",
  "HELD_ORDERING>APPLIED",
  "HELD_ORDERING>RECONCILE_QUEUED",
  "RECONCILE_QUEUED>APPLIED",
  "RECONCILE_QUEUED>REJECTED",
];

test("a stored event makes the specified moves and no other", () => {
  const moves = STATUSES.flatMap((from) => STATUSES.filter((to) => mayMove(from, to)).map((to) => `${from}>${to}`));

  expect(moves.sort()).toEqual([...LEGAL].sort());
});
