import { z } from "@hono/zod-openapi";
import type { RunCall } from "../../observe/index.ts";
import { time, timeOf } from "./parts.ts";

/** One governed call of a run, and by what authority. */
export const runCall = z
  .strictObject({
    /** Of the event that ended it. */
    seq: z.int(),
    step: z.string(),
    tool: z.string(),
    purpose: z.string(),
    outcome: z.string(),
    from: time,
    to: time,
    code: z.string().nullable(),
    receipt_id: z.string().nullable(),
    /** What let it through, or stopped it; null for a call that only reads, whose event has it. */
    authority: z
      .strictObject({
        passed: z.array(z.string()).readonly(),
        rules: z.array(z.strictObject({ guard: z.string(), rule: z.string() })).readonly(),
        approval_id: z.string().nullable(),
      })
      .nullable(),
  })
  .openapi("RunCall");

export const runCallView = ({ from, to, seq, step, tool, purpose, outcome, code, receipt_id, authority }: RunCall) => ({
  seq,
  step,
  tool,
  purpose,
  outcome,
  code,
  receipt_id,
  authority,
  from: timeOf(from),
  to: timeOf(to),
});
