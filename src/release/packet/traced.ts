import type { Lineage } from "../lineage/model.ts";
import { packetJson, parsePacket } from "./packet.ts";
import { documentIn, packetPage } from "./page.ts";

/** A packet's page with the lineage of its decision in it, as a picture and as a document; what is no packet stays as it is. */
export function tracedPage(page: string, lineage: Lineage): string {
  const document = documentIn(page);
  const packet = document.ok ? parsePacket(document.value) : document;
  if (!packet.ok) return page;
  return packetPage(packet.value.decision, packetJson({ ...packet.value, lineage }), lineage);
}
