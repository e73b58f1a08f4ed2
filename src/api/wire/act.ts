import { z } from "@hono/zod-openapi";
import type { Refusal } from "../../contracts/index.ts";
import type { Caller } from "../http/caller.ts";
import { hasRight, type Right, roleRefusal } from "../http/rights.ts";

/** Something that the reader of a document may do about it, or why not. */
export const act = <Name extends z.ZodType<string>>(name: Name) =>
  z.strictObject({ name, allowed: z.boolean(), code: z.string().nullable(), reason: z.string().nullable() });

/** An act that is allowed where nothing bars it. */
export const actBarredBy = <Name extends string>(name: Name, bar: Refusal | null) => ({
  name,
  allowed: bar === null,
  code: bar?.code ?? null,
  reason: bar?.message ?? null,
});

/** Whether a caller's role lets it act. */
export const actOf = <Name extends string>(name: Name, { role }: Pick<Caller, "role">, needs: readonly Right[]) =>
  actBarredBy(name, hasRight(role, needs) ? null : roleRefusal(role, needs));
