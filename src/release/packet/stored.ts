import type { Digest, Result } from "../../contracts/index.ts";
import type { ArtifactStore } from "../../ledger/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import { type Packet, parsePacket } from "./packet.ts";
import { documentIn } from "./page.ts";

/** The packet in a page. Refused with PACKET_CORRUPT, and with DECISION_CORRUPT. */
export function packetIn(page: string): Result<Packet> {
  const document = documentIn(page);
  return document.ok ? parsePacket(document.value) : document;
}

/** The packet of a recorded evaluation. Refused as `packetIn` is. */
export const storedPacket = async (
  artifacts: ArtifactStore,
  sql: TenantQuery,
  { packet_sha256 }: { readonly packet_sha256: Digest },
): Promise<Result<Packet>> => packetIn(new TextDecoder().decode(await artifacts.get(sql, packet_sha256)));
