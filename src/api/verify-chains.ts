import {
  type ChainBreak,
  type ChainReport,
  chainRow,
  findStray,
  findStream,
  listStreams,
  readStream,
  readStreams,
  type StoredEvent,
  type StreamSummary,
  verifyStream,
} from "../ledger/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import type { Installation } from "./installation.ts";

/** How far a verification is: streams that were looked at, and events that verified. */
export interface Verified {
  readonly streams: number;
  readonly events: number;
}

/** What a verification found: the first break; null when everything holds. */
export interface Verification extends Verified {
  readonly verified: boolean;
  readonly broken: ({ readonly stream: string } & ChainBreak) | null;
}

const STREAMS_PAGE = 200;
/** Events that are read at once. Asking for each stream by itself took half of a verification. */
const EVENTS_PAGE = 2_000;

/** Verifies one stream, or all of a tenant's, telling after each how far it is. Stops at the first break. */
export async function* verifyChains(
  { database }: Pick<Installation, "database">,
  tenantId: string,
  only: string | null,
): AsyncGenerator<Verified, Verification> {
  const inOwn: InOwn = (work) => inTenant(database, tenantId, work);
  let [streams, events] = [0, 0];
  for await (const { stream, verified, broken } of reportsOf(inOwn, tenantId, only)) {
    streams += 1;
    events += verified;
    if (broken !== null) return { streams, events, verified: false, broken: { stream, ...broken } };
    yield { streams, events };
  }
  const stray = only === null ? await inOwn(findStray) : undefined;
  if (stray === undefined) return { streams, events, verified: true, broken: null };
  return { streams, events, verified: false, broken: { rule: "foreign_entry", ...stray } };
}

type InOwn = <T>(work: (sql: TenantQuery) => Promise<T>) => Promise<T>;
type StreamReport = ChainReport & Pick<StreamSummary, "stream">;

/** The head of each stream is read before its rows, so one that grows meanwhile still reaches it. */
async function* reportsOf(inOwn: InOwn, tenant: string, only: string | null): AsyncGenerator<StreamReport> {
  for await (const heads of headsOf(inOwn, only)) {
    for (const together of batchesOf(heads)) {
      const rows = together.length > 1 ? await inOwn((sql) => readStreams(sql, together, EVENTS_PAGE)) : null;
      // A full page holds rows that the heads do not know of: then one after the other, as a stream that is long by itself.
      const chains = rows !== null && rows.length < EVENTS_PAGE ? chainsOf(tenant, rows) : null;
      for (const head of together) {
        const { stream } = head;
        const report = await (chains === null
          ? inOwn((sql) => verifyTo(head, tenant, storedPages(sql, tenant, stream)))
          : verifyTo(head, tenant, chains.get(stream) ?? []));
        yield { stream, ...report };
      }
    }
  }
}

/** One stream, or all of them, page by page. */
async function* headsOf(inOwn: InOwn, only: string | null): AsyncGenerator<readonly StreamSummary[]> {
  if (only !== null) {
    const head = await inOwn((sql) => findStream(sql, only));
    if (head !== undefined) yield [head];
    return;
  }
  for (let after = ""; ; ) {
    const page = await inOwn((sql) => listStreams(sql, after, STREAMS_PAGE));
    yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < STREAMS_PAGE) return;
    after = last.stream;
  }
}

/** Streams whose events, as far as their heads say, come to less than a page; longer ones by themselves. */
function batchesOf(heads: readonly StreamSummary[]): readonly (readonly StreamSummary[])[] {
  const batches: StreamSummary[][] = [];
  let events = EVENTS_PAGE;
  for (const head of heads) {
    events += head.seq;
    const batch = events < EVENTS_PAGE ? batches.at(-1) : undefined;
    if (batch !== undefined) batch.push(head);
    else {
      batches.push([head]);
      events = head.seq;
    }
  }
  return batches;
}

type Chain = ReturnType<typeof chainRow>[];

function chainsOf(tenant: string, rows: readonly StoredEvent[]): ReadonlyMap<string, Chain> {
  const chains = new Map<string, Chain>();
  for (const row of rows) {
    const chain = chains.get(row.stream);
    if (chain === undefined) chains.set(row.stream, [chainRow(tenant, row)]);
    else chain.push(chainRow(tenant, row));
  }
  return chains;
}

const verifyTo = (
  { stream, seq, hash }: StreamSummary,
  tenant: string,
  rows: Parameters<typeof verifyStream>[0],
): Promise<ChainReport> => verifyStream(rows, { tenant, stream }, { head: { seq, hash } });

async function* storedPages(sql: TenantQuery, tenant: string, stream: string) {
  for (let seq = 0; ; ) {
    const page = await readStream(sql, stream, seq, EVENTS_PAGE);
    yield page.map((stored) => chainRow(tenant, stored));
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return;
    seq = last.seq;
  }
}
