import { z } from "zod";
import { assert, type EntityId, type EntityKind } from "../contracts/index.ts";
import { EVENT_TYPES } from "./normalise/event-type.ts";
import type { WaitingEvent } from "./plan.ts";
import type { WaitingRow } from "./queries.ts";
import { readContent, type StoredContent } from "./stored-content.ts";

/** A stored event that is not processed yet, as it is judged and applied. */
export interface StoredEvent extends WaitingEvent, Pick<StoredContent, "payload" | "confirms"> {
  readonly event_id: string;
  readonly source: WaitingRow["source"];
  readonly entity_type: EntityKind;
  readonly entity_id: EntityId;
  readonly processing_status: WaitingRow["processing_status"];
  readonly status_reason: string | null;
}

const Meaning = z.object({
  type: z.enum(EVENT_TYPES),
  entity_type: z.enum(["order", "payment", "refund", "fulfillment", "customer", "ticket", "message"]),
  entity_id: z.custom<EntityId>((value) => typeof value === "string"),
});

/** Reads a row back; only events with a meaning wait. */
export function storedEvent(row: WaitingRow): StoredEvent {
  const meaning = Meaning.safeParse(row);
  assert(meaning.success, "an event that waits has a type and an entity");
  return { ...row, ...meaning.data, ...readContent(row.payload_json) };
}
