import { z } from "@hono/zod-openapi";
import type { LetterRow } from "../../ledger/index.ts";
import { name, time, timeOf, timeOrNull } from "./parts.ts";

export const letterState = z.enum(["PENDING_REVIEW", "REQUEUED", "DISCARDED", "RESOLVED"]);

export const deadLetter = z
  .strictObject({
    dead_letter_id: name,
    kind: z.enum(["webhook", "blocked", "retry", "compensation"]),
    run_id: name.nullable(),
    step_id: name.nullable(),
    seq: z.int().nullable(),
    reason_code: name,
    attempts: z.int(),
    state: letterState,
    created_at: time,
    reviewed_at: time.nullable(),
    reviewed_by: name.nullable(),
    review_reason: z.string().nullable(),
    /** The run that goes on with it. */
    requeued_as: name.nullable(),
  })
  .openapi("DeadLetter");

export type DeadLetter = z.output<typeof deadLetter>;

export const letterView = ({ created_at, reviewed_at, ...rest }: LetterRow): DeadLetter => ({
  ...rest,
  created_at: timeOf(created_at),
  reviewed_at: timeOrNull(reviewed_at),
});
