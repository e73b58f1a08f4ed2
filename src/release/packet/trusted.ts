import type { Refusal } from "../../contracts/index.ts";
import { parseWaivers } from "../../gate/index.ts";
import { approvalProblem, type Trust } from "../waiver/proof.ts";
import type { Packet } from "./packet.ts";

/**
 * Why a packet's decision does not stand by a roster: an approval of a waiver that it rests on is not signed, or not by whom the roster
 * lets approve. Null where every one is. The roster is of whoever looks, never of the packet.
 */
export function untrustedIn({ waivers, decision }: Packet, trust: Trust): Refusal | null {
  const entries = waivers === null ? null : parseWaivers(waivers.source);
  if (entries === null || !entries.ok) return null;
  const applied = new Set(decision.waivers.applied.map(({ waiver }) => waiver));
  for (const entry of entries.value) {
    if (!entry.ok || !applied.has(entry.waiver.waiver_id)) continue;
    for (const approval of entry.waiver.approvals) {
      const problem = approvalProblem(entry.waiver, approval, trust);
      if (problem !== null) return { ...problem, message: `waiver ${entry.waiver.waiver_id}: ${problem.message}` };
    }
  }
  return null;
}
