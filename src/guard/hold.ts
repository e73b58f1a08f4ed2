import type { CallFacts, CallRequest } from "./call.ts";
import type { ResolvedCall } from "./resolve.ts";
import { type GuardVerdict, passed, refused } from "./verdict.ts";

/** What keeps extensions from applying changes: the port by which a hold on their beta reaches the guards. */
export interface ApplyHold {
  readonly holdId: string;
  readonly reason: string;
}

/**
 * Whether an extension's call may have its effect. While the beta is held it may read, preview and ask for approval, and undo what
 * it did before; refused with TX_HOLD_PREVIEW_ONLY for all else.
 */
export function holdVerdict(
  { tool: { contract } }: Pick<ResolvedCall, "tool">,
  { purpose }: Pick<CallRequest, "purpose">,
  { hold }: Pick<CallFacts, "hold">,
): GuardVerdict {
  if (hold === null) return passed("no hold on what extensions apply");
  if (contract.side_effect_level === "READ") return passed("held, and a READ tool applies nothing");
  if (purpose === "compensation") return passed("held, and what was applied may be undone");
  return refused("TX_HOLD_PREVIEW_ONLY", `extensions may preview and not apply: ${hold.reason}`, {
    details: { hold_id: hold.holdId },
  });
}
