import { isSameJson, type Json } from "../contracts/index.ts";
import type { CompiledPack } from "./compiled.ts";
import type { DriftClass } from "./drift-class.ts";
import { standingCalls } from "./planned.ts";
import { type Divergence, type RecordedEvent, replay } from "./replay.ts";

/** Whether a version of a pack may take over a run of another: what it decides alike, or why it may not. */
export type Proven =
  | { readonly proven: true; readonly events: number; readonly document_sha256: string; readonly drift: DriftClass }
  | {
      readonly proven: false;
      readonly drift: DriftClass | null;
      readonly reason: string;
      /** The first recorded event that would have been another; null where the run would only go on otherwise. */
      readonly first: Divergence | null;
    };

/**
 * Decides a run again under another version of its pack. Proven where every recorded event comes out alike, every call that was
 * made would be made with the same arguments, and so would those that the run stands at, which may have been begun or shown to
 * a person. A version with another major number is never proven: it says itself that it is not compatible.
 */
export function proveUpgrade(
  versions: { readonly workflowId: string; readonly from: CompiledPack; readonly to: CompiledPack },
  events: readonly RecordedEvent[],
): Proven {
  const { workflowId, from, to } = versions;
  const [madeBy, workflow] = [from.workflows[workflowId], to.workflows[workflowId]];
  if (madeBy === undefined || workflow === undefined) return unproven(`it has no workflow \`${workflowId}\``);
  if (majorOf(from) !== majorOf(to))
    return unproven(`version ${to.pack.version} is not of the series of ${from.pack.version}`);
  const again = replay(workflow, to.pack.bounds, events, { madeBy });
  if (!again.equal) {
    const { first, drift } = again;
    return { proven: false, drift, reason: `it would decide event ${first.seq} otherwise`, first };
  }
  const { state, document_sha256, drift } = again;
  const calls = [madeBy, workflow].map((one): Json => JSON.parse(JSON.stringify(standingCalls(one, state))));
  const [before = null, after = null] = calls;
  if (!isSameJson(before, after))
    return { ...unproven("it would make the call that the run stands at otherwise"), drift: "D6" };
  return { proven: true, events: events.length, document_sha256, drift };
}

const majorOf = ({ pack }: CompiledPack): string => pack.version.split(".")[0] ?? "";

const unproven = (reason: string): Proven & { readonly proven: false } => ({
  proven: false,
  drift: null,
  reason,
  first: null,
});
