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

/** What of a recorded evaluation says where its packet is. */
interface Recorded {
  readonly packet_sha256: Digest;
}

/** The page of a recorded evaluation, as it was stored. */
export const storedPage = async (
  artifacts: ArtifactStore,
  sql: TenantQuery,
  { packet_sha256 }: Recorded,
): Promise<string> => new TextDecoder().decode(await artifacts.get(sql, packet_sha256));

/** The packet of a recorded evaluation. Refused as `packetIn` is. */
export const storedPacket = async (
  artifacts: ArtifactStore,
  sql: TenantQuery,
  row: Recorded,
): Promise<Result<Packet>> => packetIn(await storedPage(artifacts, sql, row));
