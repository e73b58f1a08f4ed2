import {
  assert,
  type Channel,
  formatInstant,
  GENESIS_HASH,
  type Host,
  type Json,
  type Severity,
} from "../contracts/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { type SealedEvent, sealEvent } from "./entry.ts";
import { insertEntry, lockHead } from "./queries.ts";

/** The stream of what happens outside any run: keys, configuration, refused webhooks and requests. */
export const AUDIT_STREAM = "audit";

export interface OutsideEvent {
  readonly tenantId: string;
  readonly stream: string;
  readonly type: string;
  readonly actor: string;
  readonly correlation: string;
  readonly channel: Channel;
  readonly severity: Severity;
  /** Redacted already. */
  readonly payload: Json;
  /** Of which the stream takes one event; the caller looks first, under whatever lock keeps others from it. */
  readonly dedupKey?: string | null;
}

/** What a principal did outside runs. */
interface RecordedAct extends Pick<OutsideEvent, "tenantId" | "type" | "payload"> {
  readonly by: string;
  /** The audit stream, unless told. */
  readonly stream?: string;
  /** The tenant, unless told. */
  readonly correlation?: string;
  /** `info`, unless told. */
  readonly severity?: Severity;
}

/**
 * Appends to a stream that no run owns, under its head's row lock, in the caller's transaction. Appenders of one stream
 * wait for each other; so keep the transaction short.
 */
export async function appendOutside(
  sql: TenantQuery,
  host: Pick<Host, "clock" | "ids">,
  event: OutsideEvent,
): Promise<SealedEvent> {
  const now = host.clock.now();
  const day = formatInstant(now).slice(0, 10);
  const head = await lockHead(sql, event.stream, { seq: 0, hash: GENESIS_HASH }, day);
  assert(head !== undefined, "a stream's head exists once it is locked");
  const sealed = sealEvent({
    proposed: { type: event.type, at: now, step: null, payload: event.payload, severity: event.severity },
    head,
    frame: {
      tenant: event.tenantId,
      stream: event.stream,
      correlation: event.correlation,
      causation: null,
      actor: event.actor,
      channel: event.channel,
      epoch: 0,
      dedupKey: event.dedupKey ?? null,
    },
    recordedAt: now,
    ids: host.ids,
  });
  await insertEntry(sql, sealed, head.stream_day);
  return sealed;
}

/** Appends what a principal did, as `appendOutside` does. */
export const recordAct = (
  sql: TenantQuery,
  host: Pick<Host, "clock" | "ids">,
  { by, ...act }: RecordedAct,
): Promise<SealedEvent> =>
  appendOutside(sql, host, {
    stream: AUDIT_STREAM,
    correlation: act.tenantId,
    channel: "prod_traffic",
    severity: "info",
    ...act,
    actor: by,
  });
