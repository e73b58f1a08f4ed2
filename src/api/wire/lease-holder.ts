import { z } from "@hono/zod-openapi";
import { CONTINUITY_POLICY } from "../../worker/index.ts";

/** A run that nobody looks after for a day is taken from its holder by whoever needs it, not by waiting longer. */
const TTL_SECONDS_MAX = 86_400;

/** How long a lease by token lasts unless it is renewed. */
export const ttl = z.int().min(1).max(TTL_SECONDS_MAX).default(CONTINUITY_POLICY.ttl_seconds);

/** As wide as a process id is kept. */
const PID_MAX = 2 ** 31 - 1;

/** The process of who holds a lease by token. */
export const pid = z.int().min(1).max(PID_MAX);
