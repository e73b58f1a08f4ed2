import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { readStream, readStreamOf, type StoredEvent } from "../../ledger/index.ts";
import { callsOf, type RunCall } from "../../observe/index.ts";
import { findRun, transcriptOf } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { follow, resumedFrom } from "../follow.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { FRAMES } from "../http/event-stream.ts";
import { recordedEvent, recordedEvents } from "../recorded-run.ts";
import { eventView, ledgerEvent } from "../wire/event.ts";
import { afterSeq, digest, json, limit, name, nextOf, time } from "../wire/parts.ts";
import { runCall, runCallView } from "../wire/run-call.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

export const runEventsEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/events",
  summary: "Read a run's transcript",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: z.strictObject({ after: afterSeq, limit }) },
  statuses: { 200: "a page of events; `next` is the `after` of the next page" },
  answer: z.strictObject({ events: z.array(ledgerEvent).readonly(), next: z.int().nullable() }),
  async handle({ installation, caller }, { params, query }) {
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) =>
      (await findRun(sql, params.run_id)) === undefined
        ? undefined
        : readStream(sql, params.run_id, query.after, query.limit),
    );
    if (rows === undefined) return rejected(runNotFound(params.run_id));
    return reply({ events: rows.map(eventView), next: nextOf(rows, query.limit, ({ seq }) => seq) });
  },
});

/** Events that one request looks through: a run that only reads may have no effect in all of them. */
const EVENTS_MAX = 5_000;
const EVENTS_PAGE = 500;
const DECISIONS_MAX = 10_000;

export const runEffectsEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/effects",
  summary: "List what a run did or tried to do to the world, each with what let it through or stopped it",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: z.strictObject({ after: afterSeq, limit }) },
  statuses: {
    200: "calls that are no mere reads, oldest first; `next` is the `after` of the next page, which may be empty",
  },
  answer: z.strictObject({ calls: z.array(runCall).readonly(), next: z.int().nullable() }),
  async handle({ installation, caller }, { params, query }) {
    const found = await inTenant(installation.database, caller.tenantId, async (sql) =>
      (await findRun(sql, params.run_id)) === undefined ? undefined : effectsAfter(sql, params.run_id, query),
    );
    return found === undefined ? rejected(runNotFound(params.run_id)) : reply(found);
  },
});

/** What approvals were decided is read apart: one may have been decided long before the call that it let through. */
async function effectsAfter(
  sql: TenantQuery,
  runId: string,
  asked: { readonly after: number; readonly limit: number },
) {
  const decisions = { stream: runId, types: ["approval.decided"], after: 0, limit: DECISIONS_MAX };
  const decided = (await readStreamOf(sql, decisions)).flatMap(recordedEvent);
  const calls: RunCall[] = [];
  let next: number | null = asked.after;
  for (let read = 0; next !== null && read < EVENTS_MAX && calls.length < asked.limit; read += EVENTS_PAGE) {
    const after = next;
    const page: readonly StoredEvent[] = await readStream(sql, runId, after, EVENTS_PAGE);
    const before = decided.filter(({ seq }) => seq <= after);
    calls.push(...callsOf([...before, ...page.flatMap(recordedEvent)]).filter(({ authority }) => authority !== null));
    next = nextOf(page, EVENTS_PAGE, ({ seq }) => seq);
  }
  const shown = calls.slice(0, asked.limit);
  const last = calls.length > asked.limit ? shown.at(-1) : undefined;
  return { calls: shown.map(runCallView), next: last?.seq ?? next };
}

export const runTranscriptEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/transcript",
  summary: "Export a run with its pack, to be decided again anywhere",
  description: "Payloads are as the ledger has them: redacted.",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "the events of the run's own that are recorded so far, and the pack that it runs on" },
  answer: z.strictObject({
    schema: z.literal("countermark.transcript.v1"),
    workflow_id: name,
    pack_digest: digest,
    pack: json,
    events: z
      .array(z.strictObject({ seq: z.int(), type: name, step: z.string().nullable(), at: time, payload: json }))
      .readonly(),
  }),
  async handle({ installation, caller }, { params }) {
    const recorded = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const row = await findRun(sql, params.run_id);
      return row === undefined ? undefined : { row, events: await recordedEvents(sql, params.run_id, 0) };
    });
    if (recorded === undefined) return rejected(runNotFound(params.run_id));
    const { row, events } = recorded;
    return reply(
      transcriptOf(await installation.control.pack(caller.tenantId, row.pack_digest), row.workflow_id, events),
    );
  },
});

export const runStreamEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/stream",
  summary: "Follow a run live",
  description:
    "Server-sent events `run-event` whose id is the event's sequence number. `Last-Event-ID` resumes after that event. " +
    "The stream ends with the run, or after 15 minutes: connect again, and it goes on where it was.",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID, query: z.strictObject({ after: afterSeq }) },
  statuses: { 200: "the events, as they are committed" },
  media: "text/event-stream",
  answer: FRAMES,
  async handle(call, { params, query }) {
    const { installation, caller, header } = call;
    const row = await inTenant(installation.database, caller.tenantId, (sql) => findRun(sql, params.run_id));
    if (row === undefined) return rejected(runNotFound(params.run_id));
    return reply(
      follow(call, {
        stream: params.run_id,
        name: "run-event",
        from: resumedFrom(header("last-event-id"), query.after),
        // The row first: what it says has ended, the events read after it contain.
        hasEnded: async (sql) => (await findRun(sql, params.run_id))?.ended_at !== null,
      }),
    );
  },
});
