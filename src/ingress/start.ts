import { assert } from "../contracts/index.ts";
import { activePacks, beginRun, type CompiledPack, findRunByStartKey } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { packsFor } from "../worker/index.ts";
import { actorOf, channelOf } from "./audit.ts";
import type { TenantAt } from "./ports.ts";
import { linkRun } from "./queries.ts";
import { occasionOf, startKeyOf, triggeredBy, triggerPayload } from "./trigger.ts";
import type { StoredEvent } from "./waiting.ts";

/** Ids of the packs that take no new runs for now. Asks only where one of the events would start a run at all. */
export async function pausedPacks(
  sql: TenantQuery,
  packs: readonly CompiledPack[],
  events: readonly Pick<StoredEvent, "source" | "type">[],
): Promise<ReadonlySet<string>> {
  return events.some((event) => triggeredBy(packs, event).length > 0) ? readPaused(sql) : new Set();
}

async function readPaused(sql: TenantQuery): Promise<ReadonlySet<string>> {
  const installed = await activePacks(sql);
  return new Set(installed.filter(({ state }) => state === "PAUSED").map(({ pack_id }) => pack_id));
}

/** Types of event that are parked as long as a pack is paused. */
export async function pausedTriggers(sql: TenantQuery, packs: readonly CompiledPack[]): Promise<readonly string[]> {
  const paused = await readPaused(sql);
  return packs
    .filter(({ pack }) => paused.has(pack.id))
    .flatMap(({ workflows }) => Object.values(workflows))
    .flatMap(({ definition: { trigger } }) => (trigger.event_type === undefined ? [] : [trigger.event_type]));
}

/** Whether an event must wait until a pack that it triggers is resumed. */
export const isParked = (
  packs: readonly CompiledPack[],
  paused: ReadonlySet<string>,
  event: Pick<StoredEvent, "source" | "type">,
): boolean => triggeredBy(packs, event).some(({ pack }) => paused.has(pack.pack.id));

/**
 * Starts the runs that an event triggers, each once by its start key, and links the event to the first of them. Runs' correlation
 * ids are unique, so the first run takes the event's and any further one its own; all name the event as their cause.
 */
export async function startRuns(sql: TenantQuery, { host, control }: TenantAt, event: StoredEvent): Promise<void> {
  for (const [index, triggered] of triggeredBy(packsFor(control, occasionOf(event)), event).entries()) {
    const startKey = startKeyOf(triggered, event);
    const correlationId = index === 0 ? event.event_id : host.ids.next();
    const begun = await beginRun(sql, host, {
      tenantId: control.tenantId,
      pack: triggered.pack,
      workflow: triggered.workflow,
      trigger: triggerPayload(triggered.workflow, event.payload),
      startKey,
      correlationId,
      principalId: actorOf(event.source),
      channel: channelOf(control.mode),
      causation: event.event_id,
    });
    if (begun !== null) await linkRun(sql, event.event_id, begun, correlationId);
    else await linkEarlier(sql, event, startKey);
  }
}

/** The same business fact came before under another id; its run is this event's run too. */
async function linkEarlier(sql: TenantQuery, event: StoredEvent, startKey: string): Promise<void> {
  const earlier = await findRunByStartKey(sql, startKey);
  assert(earlier !== undefined, "a start key that is taken belongs to a run");
  await linkRun(sql, event.event_id, earlier.run_id, earlier.correlation_id);
}
