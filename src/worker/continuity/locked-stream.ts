import { assert, type Host } from "../../contracts/index.ts";
import { type SealedEvent, sealEvent } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { appendLocked, knownKeys, type LockedRun } from "./queries.ts";
import type { KeyedEvent } from "./self-heal.ts";

export interface Appender {
  readonly host: Pick<Host, "clock" | "ids">;
  readonly tenantId: string;
  /** The epoch under which is written: that of whoever holds the run from now on. */
  readonly epoch: number;
  readonly actor: string;
}

/**
 * Appends to the stream of a run whose lock the transaction holds; an event whose key the stream has is left out. Returns
 * the run as it is then. Its holder, if it has another one, finds its next commit fenced: so append only what ends a hold.
 */
export async function append(
  sql: TenantQuery,
  run: LockedRun,
  events: readonly KeyedEvent[],
  { host, tenantId, epoch, actor }: Appender,
): Promise<{ readonly run: LockedRun; readonly sealed: readonly SealedEvent[] }> {
  assert(epoch >= run.epoch, "nobody writes under an epoch that is over");
  const known = new Set(
    await knownKeys(
      sql,
      run,
      events.flatMap(({ dedupKey }) => dedupKey ?? []),
    ),
  );
  const recordedAt = host.clock.now();
  const sealed: SealedEvent[] = [];
  let head = { seq: run.head_seq, hash: run.head_hash };
  for (const { event, dedupKey } of events) {
    if (dedupKey !== null && known.has(dedupKey)) continue;
    const next = sealEvent({
      proposed: event,
      head,
      frame: {
        tenant: tenantId,
        stream: run.run_id,
        correlation: run.correlation_id,
        causation: null,
        actor,
        channel: run.channel,
        epoch,
        dedupKey,
      },
      recordedAt,
      ids: host.ids,
    });
    head = { seq: next.entry.seq, hash: next.hash };
    sealed.push(next);
  }
  await appendLocked(sql, run, sealed);
  const version = sealed.length === 0 ? run.version : run.version + 1;
  return { run: { ...run, version, head_seq: head.seq, head_hash: head.hash }, sealed };
}
