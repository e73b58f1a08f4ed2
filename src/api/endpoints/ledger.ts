import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import {
  type ChainReport,
  chainRow,
  findStream,
  listStreams,
  readStream,
  type StreamSummary,
  verifyStream,
} from "../../ledger/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { eventView, ledgerEvent } from "../wire/event.ts";
import { afterSeq, limit, name, nextOf } from "../wire/parts.ts";

const noStream = (stream: string) =>
  rejected({ code: "STREAM_NOT_FOUND", message: `there is no stream \`${stream}\`` });

export const listStreamsEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/streams",
  summary: "List the streams with their heads",
  needs: ["read"],
  request: { ...NOTHING, query: z.strictObject({ after: z.string().max(255).default(""), limit }) },
  statuses: { 200: "a page of streams; `next` is the `after` of the next page" },
  answer: z.strictObject({
    streams: z.array(z.strictObject({ stream: z.string(), seq: z.int(), hash: z.string() })).readonly(),
    next: z.string().nullable(),
  }),
  async handle({ installation, caller }, { query }) {
    const streams = await inTenant(installation.database, caller.tenantId, (sql) =>
      listStreams(sql, query.after, query.limit),
    );
    return reply({ streams: [...streams], next: nextOf(streams, query.limit, ({ stream }) => stream) });
  },
});

export const readStreamEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/streams/{stream}",
  summary: "Read a stream with its hashes",
  needs: ["read"],
  request: {
    ...NOTHING,
    params: z.strictObject({ stream: name }),
    query: z.strictObject({ after: afterSeq, limit }),
  },
  statuses: { 200: "a page of events; `next` is the `after` of the next page" },
  answer: z.strictObject({ events: z.array(ledgerEvent).readonly(), next: z.int().nullable() }),
  async handle({ installation, caller }, { params, query }) {
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) =>
      (await findStream(sql, params.stream)) === undefined
        ? undefined
        : readStream(sql, params.stream, query.after, query.limit),
    );
    if (rows === undefined) return noStream(params.stream);
    return reply({ events: rows.map(eventView), next: nextOf(rows, query.limit, ({ seq }) => seq) });
  },
});

const verification = z
  .strictObject({
    streams: z.int(),
    /** Events that verified. */
    events: z.int(),
    verified: z.boolean(),
    /** The first break found; null when everything holds. */
    broken: z
      .strictObject({ stream: z.string(), seq: z.int(), rule: z.string(), expected: z.string(), found: z.string() })
      .nullable(),
  })
  .openapi("Verification");

export const verifyLedgerEndpoint = endpoint({
  method: "post",
  path: "/v1/ledger/verify",
  summary: "Verify hash chains: one stream's, or every stream's",
  description: "Stops at the first break and names it. A break is an answer here, not an error.",
  needs: ["read"],
  request: { ...NOTHING, body: z.strictObject({ stream: name.optional() }) },
  statuses: { 200: "what was found" },
  answer: verification,
  async handle({ installation, caller }, { body }) {
    const { tenantId } = caller;
    const inOwn = <T>(work: (sql: TenantQuery) => Promise<T>) => inTenant(installation.database, tenantId, work);
    let streams = 0;
    let events = 0;
    for await (const head of headsOf(inOwn, body.stream)) {
      const { verified, broken } = await inOwn((sql) => verifyOne(sql, tenantId, head));
      streams += 1;
      events += verified;
      if (broken !== null) {
        return reply({ streams, events, verified: false, broken: { stream: head.stream, ...broken } });
      }
    }
    if (body.stream !== undefined && streams === 0) return noStream(body.stream);
    return reply({ streams, events, verified: true, broken: null });
  },
});

const STREAMS_PAGE = 200;
const EVENTS_PAGE = 1_000;

type InOwn = <T>(work: (sql: TenantQuery) => Promise<T>) => Promise<T>;

/** The head of one stream, or of all of them, page by page. */
async function* headsOf(inOwn: InOwn, only: string | undefined): AsyncGenerator<StreamSummary> {
  if (only !== undefined) {
    const head = await inOwn((sql) => findStream(sql, only));
    if (head !== undefined) yield head;
    return;
  }
  for (let after = ""; ; ) {
    const page = await inOwn(async (sql) => [...(await listStreams(sql, after, STREAMS_PAGE))]);
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < STREAMS_PAGE) return;
    after = last.stream;
  }
}

/** The head was read before the rows, so a stream that grows meanwhile still reaches it. */
const verifyOne = (sql: TenantQuery, tenant: string, { stream, seq, hash }: StreamSummary): Promise<ChainReport> =>
  verifyStream(storedRows(sql, tenant, stream), { tenant, stream }, { head: { seq, hash } });

async function* storedRows(sql: TenantQuery, tenant: string, stream: string) {
  for (let seq = 0; ; ) {
    const page = await readStream(sql, stream, seq, EVENTS_PAGE);
    for (const stored of page) yield chainRow(tenant, stored);
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return;
    seq = last.seq;
  }
}
