import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { after, Fault, type Instant } from "../contracts/index.ts";
import { acceptWebhook } from "../ingress/index.ts";
import { migrationStatus } from "../store/index.ts";
import { readBody } from "./http/body.ts";
import type { Served } from "./http/dispatch.ts";
import { problemResponse } from "./http/problem.ts";

/** What needs no key: whether the server lives, and what providers tell us, which carries a signature instead. */

export const health = z
  .strictObject({
    status: z.enum(["ok", "unavailable"]),
    version: z.string(),
    /** The newest migration that the database has. */
    schema: z.int().nullable(),
    /** `ok`, or the code of what is wrong with it. */
    database: z.string(),
  })
  .openapi("Health");

/** How long an answer stands, in milliseconds: those without a key cause no more work than this allows. */
const HEALTH_MS = 1_000;

/** Answers 200 when runs can be served, else 503; no more than that for those who have no key. */
export function healthRoute({ installation }: Served, version: string): () => Promise<Response> {
  const { clock } = installation.host;
  let known: { readonly found: ReturnType<typeof databaseHealth>; readonly until: Instant } | undefined;
  return async () => {
    const now = clock.now();
    if (known === undefined || known.until <= now) {
      known = { found: databaseHealth(installation), until: after(now, HEALTH_MS) };
    }
    const found = await known.found;
    const status = found.database === "ok" ? "ok" : "unavailable";
    return Response.json({ status, version, ...found }, { status: status === "ok" ? 200 : 503 });
  };
}

async function databaseHealth({ database }: Served["installation"]) {
  try {
    const migrations = await migrationStatus(database.owner);
    const schema = migrations.findLast(({ applied }) => applied)?.version ?? null;
    return { schema, database: migrations.every(({ applied }) => applied) ? "ok" : "SCHEMA_BEHIND" };
  } catch (error) {
    if (error instanceof Fault) return { schema: null, database: error.code };
    throw error;
  }
}

export const webhookAnswer = z
  .strictObject({
    status: z.enum(["accepted", "duplicate"]),
    events: z.array(
      z.strictObject({
        event_id: z.string(),
        processing_status: z.string(),
        status_reason: z.string().nullable(),
        run_id: z.string().nullable(),
      }),
    ),
  })
  .openapi("WebhookAnswer");

export const webhookParams = z.strictObject({ provider: z.string(), endpoint_token: z.string() });

/** Takes a provider's delivery; when it is answered with 200, it is committed. */
export async function webhookResponse({ installation, nudge }: Served, context: Context): Promise<Response> {
  const { provider = "", endpoint_token: endpointToken = "" } = context.req.param();
  const body = await readBody(context.req.raw);
  if (!body.ok) return problemResponse(body.refusal);
  const answer = await acceptWebhook(installation, {
    endpointToken,
    provider,
    headers: context.req.header(),
    rawBody: body.value,
    receivedAt: installation.host.clock.now(),
  });
  if (answer.status === "refused") return problemResponse(answer.refusal);
  nudge();
  return Response.json(answer);
}
