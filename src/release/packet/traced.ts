import type { Lineage } from "../lineage/model.ts";
import { packetJson } from "./packet.ts";
import { packetPage } from "./page.ts";
import { packetIn } from "./stored.ts";

/** A packet's page with the lineage of its decision in it, as a picture and as a document; what is no packet stays as it is. */
export function tracedPage(page: string, lineage: Lineage): string {
  const packet = packetIn(page);
  if (!packet.ok) return page;
  return packetPage(packet.value.decision, packetJson({ ...packet.value, lineage }), lineage);
}
