import { z } from "zod";
import { assert, type EntityKind, isJsonObject, type JsonObject } from "../contracts/index.ts";
import type { InternalEvent } from "./normalise/event.ts";
import { EVENT_TYPES } from "./normalise/event-type.ts";
import { type EntityStanding, standingAfter, UNKNOWN_ENTITY } from "./ordering.ts";

/*
 * What events leave on our record of an entity, beside the members that tools set:
 *
 *   lifecycle  where the provider's events have brought it, by the words of the ordering rules
 *   reported   what the provider last said of it; a hint in the order of arrival, never the truth
 *   disputed   payments only: whether money of it is in dispute, or was lost in one
 *
 * L1  Events change these members and no other.
 * L2  An event that tells nothing new changes nothing: it moves no version, so it voids no approval.
 */

const Lifecycle = z.object({ status: z.string().nullable(), applied_types: z.array(z.enum(EVENT_TYPES)) });

/** The kinds of entity whose record events keep. A refund's or a message's events are facts about receipts. */
const RECORDED: ReadonlySet<EntityKind> = new Set<EntityKind>(["order", "payment", "fulfillment"]);

export const isRecorded = ({ entity_type }: Pick<InternalEvent, "entity_type">): boolean => RECORDED.has(entity_type);

/** The standing that an entity's state records; `state` is undefined for an entity that is not known. */
export function standingOf(state: JsonObject | undefined, appliedSourceEventIds: readonly string[]): EntityStanding {
  const lifecycle = state?.lifecycle;
  if (lifecycle === undefined) return { ...UNKNOWN_ENTITY, applied_source_event_ids: appliedSourceEventIds };
  const read = Lifecycle.safeParse(lifecycle);
  assert(read.success, "an entity's lifecycle is written by `recordedState` only");
  return { ...read.data, applied_source_event_ids: appliedSourceEventIds };
}

type RecordedEvent = Pick<
  InternalEvent,
  "source_event_id" | "type" | "predecessor_source_event_id" | "payload" | "entity_type"
>;

/** The entity's state after an event whose preconditions hold. */
export function recordedState(state: JsonObject, event: RecordedEvent): JsonObject {
  const { status, applied_types } = standingAfter(event, standingOf(state, []));
  const reported = isJsonObject(state.reported) ? state.reported : {};
  return {
    ...state,
    lifecycle: { status, applied_types: [...new Set(applied_types)] },
    reported: { ...reported, ...event.payload },
    ...disputeOf(event),
  };
}

/** A dispute's last words that give the money back; after any other it stays lost. */
const WON = new Set(["won", "warning_closed"]);

function disputeOf({ type, payload }: RecordedEvent): JsonObject {
  if (type === "payment.disputed") return { disputed: true };
  if (type !== "payment.dispute_closed") return {};
  return { disputed: !(typeof payload.status === "string" && WON.has(payload.status)) };
}
