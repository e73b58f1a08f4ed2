import { z } from "@hono/zod-openapi";
import { accepted, after, type Instant, instant, parseInstant, type Result, rejected } from "../../contracts/index.ts";
import {
  type EventFilter,
  type EventPlace,
  eventsAfter,
  listReceipts,
  type ReceiptRow,
  type StoredEvent,
  searchEvents,
} from "../../ledger/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { FRAMES } from "../http/event-stream.ts";
import { eventView, ledgerEvent } from "../wire/event.ts";
import { placeOf, placeText } from "../wire/event-place.ts";
import { limit, name, nextOf, time, timeOf } from "../wire/parts.ts";
import { receipt, receiptView } from "../wire/receipt.ts";

const severity = z.enum(["info", "warning", "error"]);

/** What is asked of entries; of a type its family is enough. */
const FILTER = z.strictObject({
  stream: name.optional(),
  type: name.optional(),
  correlation: name.optional(),
  severity: severity.optional(),
  since: z.string().optional(),
  until: z.string().optional(),
});

/** How far back a search looks unless told, in milliseconds: entries are found by their time. */
const LOOK_BACK_MS = 86_400_000;

export const searchEventsEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/events",
  summary: "Search the entries of all streams, newest first",
  description:
    "By stream, type (or the family that it begins with: `run` finds `run.ended`), correlation, severity and time. Looks at the last " +
    "24 hours unless `since` says otherwise.",
  needs: ["read"],
  request: { ...NOTHING, query: FILTER.extend({ before: z.string().optional(), limit }) },
  statuses: { 200: "a page of entries; `next` is the `before` of the next page" },
  answer: z.strictObject({
    since: time,
    until: time,
    events: z.array(ledgerEvent).readonly(),
    next: z.string().nullable(),
  }),
  async handle({ installation, caller }, { query }) {
    const { before, limit: rows, ...asked } = query;
    const filter = filterOf(asked, installation.host.clock.now(), LOOK_BACK_MS);
    if (!filter.ok) return filter;
    const place = before === undefined ? null : placeOf(before);
    if (place === undefined) return invalid("before", "is no place that a page ended with");
    const found = await inTenant(installation.database, caller.tenantId, (sql) =>
      searchEvents(sql, filter.value, place, rows),
    );
    return reply({
      since: timeOf(filter.value.since),
      until: timeOf(filter.value.until),
      events: found.map(eventView),
      next: nextOf(found, rows, placeText),
    });
  },
});

export const exportEventsEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/export",
  summary: "Export entries as NDJSON, oldest first, however many there are",
  description:
    "Asked as a search is; everything up to now unless told. A line is an entry as its stream has it: with its hashes, and its " +
    "payload redacted as it was before it was hashed. An export that fails is cut off within the transfer, never ended.",
  needs: ["read"],
  request: { ...NOTHING, query: FILTER },
  statuses: { 200: "an entry a line" },
  media: "application/x-ndjson",
  answer: FRAMES,
  handle: async (call, { query }) => {
    const filter = filterOf(query, call.installation.host.clock.now(), null);
    return filter.ok ? reply(lines(call, filter.value)) : filter;
  },
});

const EXPORT_PAGE = 500;

async function* lines({ installation, caller, signal }: Call, filter: EventFilter): AsyncGenerator<string> {
  for (let place: EventPlace | null = null; !signal.aborted; ) {
    const page: readonly StoredEvent[] = await inTenant(installation.database, caller.tenantId, (sql) =>
      eventsAfter(sql, filter, place, EXPORT_PAGE),
    );
    if (page.length > 0) yield page.map((stored) => `${JSON.stringify(eventView(stored))}\n`).join("");
    const last = page.at(-1);
    if (last === undefined || page.length < EXPORT_PAGE) return;
    place = last;
  }
}

function filterOf(asked: z.output<typeof FILTER>, now: Instant, lookBackMs: number | null): Result<EventFilter> {
  const { stream = null, type = null, correlation = null, severity: grave = null, since, until } = asked;
  const end = until === undefined ? after(now, 1) : parseInstant(until);
  if (end === undefined) return invalid("until", "is no instant");
  const otherwise = lookBackMs === null ? instant(0) : after(end, -lookBackMs);
  const start = since === undefined ? otherwise : parseInstant(since);
  if (start === undefined) return invalid("since", "is no instant");
  return accepted({ stream, type, correlation, severity: grave, since: start, until: end });
}

const invalid = (field: string, problem: string) =>
  rejected({ code: "REQUEST_INVALID", message: `\`$.${field}\`: ${problem}`, field_path: `$.${field}` });

/** A receipt in the book, with the run that it is of. */
const bookedReceipt = receipt.extend({ run_id: name, correlation: z.string() }).openapi("BookedReceipt");

export const listReceiptsEndpoint = endpoint({
  method: "get",
  path: "/v1/ledger/receipts",
  summary: "Read the receipts book: every effect's proof as it stands now, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      status: z.enum(["claimed", "confirmed", "contradicted", "unknown"]).optional(),
      tool: name.optional(),
      provider: name.optional(),
      run: name.optional(),
      before: name.optional(),
      limit,
    }),
  },
  statuses: { 200: "a page of receipts; `next` is the `before` of the next page" },
  answer: z.strictObject({ receipts: z.array(bookedReceipt).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { status = null, tool = null, provider = null, run = null, before = null, limit: rows } = query;
    const found = await inTenant(installation.database, caller.tenantId, (sql) =>
      listReceipts(sql, { status, tool, provider, run, before, limit: rows }),
    );
    return reply({
      receipts: found.map(bookedView),
      next: nextOf(found, rows, ({ receipt_id }) => receipt_id),
    });
  },
});

const bookedView = (row: ReceiptRow): z.output<typeof bookedReceipt> => ({
  ...receiptView(row),
  run_id: row.execution_id,
  correlation: row.correlation_id,
});
