import { z } from "@hono/zod-openapi";
import { RUN_ACTIONS, type RunAction } from "../run-actions.ts";
import { act, actBarredBy } from "./act.ts";

/** What the reader may do to a run now. */
export const runAction = act(z.enum(RUN_ACTIONS))
  .extend({
    /** A sentence each; none where it is not allowed. */
    does: z.array(z.string()).readonly(),
  })
  .openapi("RunAction");

export const runActionView = ({ name, bar, does }: RunAction): z.output<typeof runAction> => ({
  ...actBarredBy(name, bar),
  does,
});
