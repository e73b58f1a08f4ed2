import {
  type ChainBreak,
  type ChainReport,
  chainRow,
  findStream,
  listStreams,
  readStream,
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
const EVENTS_PAGE = 1_000;

/** Verifies one stream, or all of a tenant's, telling after each how far it is. Stops at the first break. */
export async function* verifyChains(
  { database }: Pick<Installation, "database">,
  tenantId: string,
  only: string | null,
): AsyncGenerator<Verified, Verification> {
  const inOwn: InOwn = (work) => inTenant(database, tenantId, work);
  let [streams, events] = [0, 0];
  for await (const head of headsOf(inOwn, only)) {
    const { verified, broken } = await inOwn((sql) => verifyOne(sql, tenantId, head));
    streams += 1;
    events += verified;
    if (broken !== null) return { streams, events, verified: false, broken: { stream: head.stream, ...broken } };
    yield { streams, events };
  }
  return { streams, events, verified: true, broken: null };
}

type InOwn = <T>(work: (sql: TenantQuery) => Promise<T>) => Promise<T>;

/** The head of one stream, or of all of them, page by page. */
async function* headsOf(inOwn: InOwn, only: string | null): AsyncGenerator<StreamSummary> {
  if (only !== null) {
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
  verifyStream(storedPages(sql, tenant, stream), { tenant, stream }, { head: { seq, hash } });

async function* storedPages(sql: TenantQuery, tenant: string, stream: string) {
  for (let seq = 0; ; ) {
    const page = await readStream(sql, stream, seq, EVENTS_PAGE);
    yield page.map((stored) => chainRow(tenant, stored));
    const last = page.at(-1);
    if (last === undefined || page.length < EVENTS_PAGE) return;
    seq = last.seq;
  }
}
