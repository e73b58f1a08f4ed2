import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { readStream } from "../../ledger/index.ts";
import { findRun, transcriptOf } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { FRAMES, follow, resumedFrom } from "../follow.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { recordedEvents } from "../recorded-run.ts";
import { eventView, ledgerEvent } from "../wire/event.ts";
import { afterSeq, digest, json, limit, name, nextOf, time } from "../wire/parts.ts";
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
