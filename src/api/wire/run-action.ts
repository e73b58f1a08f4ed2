import { z } from "@hono/zod-openapi";
import { RUN_ACTIONS, type RunAction } from "../run-actions.ts";

/** What the reader may do to a run now; `code` and `reason` say why not, `does` what it would do. */
export const runAction = z
  .strictObject({
    name: z.enum(RUN_ACTIONS),
    allowed: z.boolean(),
    code: z.string().nullable(),
    reason: z.string().nullable(),
    /** A sentence each; none where it is not allowed. */
    does: z.array(z.string()).readonly(),
  })
  .openapi("RunAction");

export const runActionView = ({ name, bar, does }: RunAction): z.output<typeof runAction> => ({
  name,
  allowed: bar === null,
  code: bar?.code ?? null,
  reason: bar?.message ?? null,
  does,
});
