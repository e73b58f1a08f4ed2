import type { Instant } from "../contracts/index.ts";
import { carriesPrefix, type EntityKind } from "../contracts/index.ts";
import { openRunsAbout, tellRun } from "../ledger/index.ts";
import { type CompiledPack, suspendedRuns } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { actorOf } from "./audit.ts";
import type { TenantAt } from "./ports.ts";
import { type EntityRef, runsStartedBy } from "./queries.ts";
import type { StoredEvent } from "./waiting.ts";

/** Open runs about one entity: there are a handful, unless a workflow starts runs in a loop. */
const RELATED_RUNS_MAX = 100;
/** Waiting runs that an event may wake without being about its entity. They ignore what they do not wait for. */
const SUSPENDED_RUNS_MAX = 100;

/** One thing to tell one run. */
export interface Telling {
  readonly runId: string;
  readonly event: StoredEvent;
}

/**
 * The open runs that should hear of an event: those that events of its entities started or that changed them, whatever
 * their state, because a run may come to its WAIT step only later; and waiting runs in general where a workflow of
 * an active pack awaits this type.
 */
export async function tellingsOf(
  sql: TenantQuery,
  { control }: TenantAt,
  event: StoredEvent,
): Promise<readonly Telling[]> {
  const entities = entitiesIn(control.tenantId, event);
  const runIds = await runsStartedBy(sql, entities, RELATED_RUNS_MAX);
  const related = await openRunsAbout(sql, { entities, runIds, limit: RELATED_RUNS_MAX });
  const packs = control.canary === null ? control.packs : [...control.packs, control.canary.baseline];
  const waiting = isAwaited(packs, event) ? await suspendedRuns(sql, SUSPENDED_RUNS_MAX) : [];
  const all = new Set([...related, ...waiting.map(({ run_id }) => run_id)]);
  return [...all].map((runId) => ({ runId, event }));
}

/** Members of a payload that hold ids of our entities. */
const MEMBERS: readonly (readonly [string, EntityKind])[] = [
  ["order_id", "order"],
  ["payment_id", "payment"],
  ["refund_id", "refund"],
  ["fulfillment_id", "fulfillment"],
];

/** The event's own entity and those that its payload names: a payment's event may concern a run about its order. */
function entitiesIn(
  tenant: string,
  { entity_type, entity_id, payload }: Pick<StoredEvent, "entity_type" | "entity_id" | "payload">,
): readonly EntityRef[] {
  const named = MEMBERS.flatMap(([member, kind]): EntityRef[] => {
    const id = payload[member];
    return typeof id === "string" && carriesPrefix(tenant, id) ? [{ entity_type: kind, entity_id: id }] : [];
  });
  return [{ entity_type, entity_id }, ...named.filter((ref) => ref.entity_id !== entity_id)];
}

const isAwaited = (packs: readonly CompiledPack[], { type }: Pick<StoredEvent, "type">): boolean =>
  packs
    .flatMap((pack) => Object.values(pack.workflows))
    .flatMap((workflow) => Object.values(workflow.steps))
    .some(
      ({ definition }) =>
        definition.type === "WAIT" && definition.wait_for.type === "WEBHOOK" && definition.wait_for.event_type === type,
    );

/** Tells the runs, once each per event. In order of their ids: due rows are locked in one order everywhere. */
export async function tell(sql: TenantQuery, tellings: readonly Telling[], at: Instant): Promise<void> {
  for (const { runId, event } of tellings.toSorted((a, b) => (a.runId < b.runId ? -1 : 1))) {
    await tellRun(sql, runId, {
      inbox_id: event.event_id,
      kind: "signal",
      payload: { event_type: event.type, entity_id: event.entity_id, payload: event.payload },
      actor: actorOf(event.source),
      at,
    });
  }
}
