import { z } from "@hono/zod-openapi";
import type { Caller } from "../http/caller.ts";
import { hasRight, type Right, roleRefusal } from "../http/rights.ts";

/** Something that the reader of a document may do about it, or why not. */
export const act = <Name extends string>(called: Name) =>
  z.strictObject({
    name: z.literal(called),
    allowed: z.boolean(),
    code: z.string().nullable(),
    reason: z.string().nullable(),
  });

/** Whether a caller's role lets it act. */
export function actOf<Name extends string>(called: Name, { role }: Pick<Caller, "role">, needs: readonly Right[]) {
  if (hasRight(role, needs)) return { name: called, allowed: true, code: null, reason: null };
  const { code, message } = roleRefusal(role, needs);
  return { name: called, allowed: false, code, reason: message };
}
