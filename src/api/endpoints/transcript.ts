import { z } from "@hono/zod-openapi";
import { after, rejected } from "../../contracts/index.ts";
import { readStream } from "../../ledger/index.ts";
import { findRun, transcriptOf } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { BEAT_FRAME, eventFrame, FRAMES } from "../http/event-stream.ts";
import { recordedEvents } from "../recorded-run.ts";
import { eventView, type LedgerEvent, ledgerEvent } from "../wire/event.ts";
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
    const resumed = /^\d{1,15}$/.exec(header("last-event-id") ?? "")?.[0];
    return reply(follow(call, params.run_id, resumed === undefined ? query.after : Number(resumed)));
  },
});

/** Milliseconds between two looks at a run that is being followed. */
const LOOK_MS = 200;
const BEAT_MS = 15_000;
/** A revoked key sees a run no longer than this. */
const FOLLOW_MS_MAX = 15 * 60_000;
const EVENTS_PAGE = 200;

/** A run's own sequence is in the order of its commits, so reading on from the last one seen misses nothing. */
async function* follow({ installation, caller, signal }: Call, runId: string, from: number): AsyncGenerator<string> {
  const { database, host } = installation;
  const end = after(host.clock.now(), FOLLOW_MS_MAX);
  let beat = after(host.clock.now(), BEAT_MS);
  for (let seq = from; !signal.aborted && host.clock.now() < end; ) {
    const { events, ended } = await inTenant(database, caller.tenantId, async (sql) => {
      // The row first: what it says has ended, the events read after it contain.
      const row = await findRun(sql, runId);
      const rows = await readStream(sql, runId, seq, EVENTS_PAGE);
      return { events: rows.map(eventView), ended: row === undefined || row.ended_at !== null };
    });
    for (const event of events) yield frameOf(event);
    seq = events.at(-1)?.seq ?? seq;
    if (events.length === EVENTS_PAGE) continue;
    if (ended) return;
    await host.clock.wake(after(host.clock.now(), LOOK_MS), signal);
    if (host.clock.now() >= beat) {
      beat = after(host.clock.now(), BEAT_MS);
      yield BEAT_FRAME;
    }
  }
}

const frameOf = (event: LedgerEvent): string => eventFrame({ id: event.seq, name: "run-event", data: event });
