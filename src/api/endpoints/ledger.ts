import { z } from "@hono/zod-openapi";
import { after, rejected } from "../../contracts/index.ts";
import { findStream, ledgerSize, listStreams, readStream } from "../../ledger/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { eventFrame, FRAMES } from "../http/event-stream.ts";
import { verifyChains } from "../verify-chains.ts";
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
    const heads = streams.map(({ stream, seq, hash }) => ({ stream, seq, hash }));
    return reply({ streams: heads, next: nextOf(streams, query.limit, ({ stream }) => stream) });
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
    const chains = verifyChains(installation, caller.tenantId, body.stream ?? null);
    for (let step = await chains.next(); ; step = await chains.next()) {
      if (step.done !== true) continue;
      const { streams } = step.value;
      return body.stream !== undefined && streams === 0 ? noStream(body.stream) : reply(step.value);
    }
  },
});

export const watchVerificationEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/verification",
  summary: "Verify hash chains and hear how far it is",
  description:
    "Server-sent events: `size` with what there is to verify, `progress` with what was, a few a second, and `verification` with " +
    "what was found, as a verification answers it.",
  needs: ["read"],
  request: { ...NOTHING, query: z.strictObject({ stream: name.optional() }) },
  statuses: { 200: "how far it is, then what was found" },
  media: "text/event-stream",
  answer: FRAMES,
  async handle(call, { query }) {
    const { stream = null } = query;
    const size = await inTenant(call.installation.database, call.caller.tenantId, async (sql) => {
      if (stream === null) return ledgerSize(sql);
      const head = await findStream(sql, stream);
      return head === undefined ? undefined : { streams: 1, events: head.seq };
    });
    return size === undefined ? noStream(stream ?? "") : reply(watched(call, stream, size));
  },
});

/** Milliseconds between two words of how far it is. */
const TELL_MS = 200;

async function* watched(
  { installation, caller, signal }: Call,
  stream: string | null,
  size: { readonly streams: number; readonly events: number },
): AsyncGenerator<string> {
  const { clock } = installation.host;
  let id = 0;
  const frame = (called: string, data: unknown): string => eventFrame({ id: ++id, name: called, data });
  yield frame("size", size);
  const chains = verifyChains(installation, caller.tenantId, stream);
  let next = after(clock.now(), TELL_MS);
  for (let step = await chains.next(); !signal.aborted; step = await chains.next()) {
    if (step.done === true) {
      yield frame("verification", step.value);
      return;
    }
    if (clock.now() < next) continue;
    next = after(clock.now(), TELL_MS);
    yield frame("progress", step.value);
  }
}
