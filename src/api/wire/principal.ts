import { z } from "@hono/zod-openapi";
import { PRINCIPAL_KINDS, ROLES } from "../../guard/index.ts";

export const kind = z.enum(PRINCIPAL_KINDS);
export const role = z.enum(ROLES);

/** Names of principals. */
export const principalName = z
  .string()
  .max(255)
  .regex(/^[A-Za-z0-9@._-]+$/, "may hold letters, digits, `@`, `.`, `_` and `-`");
