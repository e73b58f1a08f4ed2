import { after } from "../contracts/index.ts";
import { readStream } from "../ledger/index.ts";
import { inTenant, type TenantQuery } from "../store/index.ts";
import type { Call } from "./http/endpoint.ts";
import { BEAT_FRAME, eventFrame } from "./http/event-stream.ts";
import { eventView } from "./wire/event.ts";

/** Where a client that was cut off goes on. */
export function resumedFrom(lastEventId: string | undefined, otherwise: number): number {
  const resumed = /^\d{1,15}$/.exec(lastEventId ?? "")?.[0];
  return resumed === undefined ? otherwise : Number(resumed);
}

/** Milliseconds between two looks at a stream that is being followed. */
const LOOK_MS = 200;
const BEAT_MS = 15_000;
/** A revoked key sees a stream no longer than this. */
const FOLLOW_MS_MAX = 15 * 60_000;
const EVENTS_PAGE = 200;

export interface Followed {
  readonly stream: string;
  /** Of the frames. */
  readonly name: string;
  readonly from: number;
  /** Whether nothing comes any more; asked before the entries are read. */
  readonly hasEnded: (sql: TenantQuery) => Promise<boolean>;
}

/** A stream's own sequence is in the order of its commits, so reading on from the last one seen misses nothing. */
export async function* follow(
  { installation, caller, signal }: Call,
  { stream, name, from, hasEnded }: Followed,
): AsyncGenerator<string> {
  const { database, host } = installation;
  const end = after(host.clock.now(), FOLLOW_MS_MAX);
  let beat = after(host.clock.now(), BEAT_MS);
  for (let seq = from; !signal.aborted && host.clock.now() < end; ) {
    const { events, ended } = await inTenant(database, caller.tenantId, async (sql) => {
      const isOver = await hasEnded(sql);
      const rows = await readStream(sql, stream, seq, EVENTS_PAGE);
      return { events: rows.map(eventView), ended: isOver };
    });
    for (const event of events) yield eventFrame({ id: event.seq, name, data: event });
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
