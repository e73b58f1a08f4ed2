import { parseInstant } from "../../contracts/index.ts";
import type { EventPlace } from "../../ledger/index.ts";
import { timeOf } from "./parts.ts";

/** Where a page of entries ended, as its `next` states it. */
export const placeText = ({ at, event_id }: EventPlace): string => `${timeOf(at)}~${event_id}`;

/** A place as a page's `next` states it; undefined where this is none. */
export function placeOf(text: string): EventPlace | undefined {
  const [when = "", event_id = ""] = text.split("~");
  const at = parseInstant(when);
  return at === undefined || event_id === "" ? undefined : { at, event_id };
}
