import type { Instant } from "../contracts/index.ts";
import { phasesOf, type RunRow, type RunState } from "../run/index.ts";
import type { LeaseFact } from "./why.ts";

const RUNBOOK = "docs/runbook.md";

const SECTIONS: { readonly [code: string]: string } = {
  E_LEASE_LOST: "steps-that-a-takeover-lost",
  E_HANDOFF_FAILED: "a-handoff-that-cannot-be-applied",
  EVENT_LOG_TRUNCATED: "a-run-whose-record-is-not-whole",
  EVENT_LOG_CORRUPT: "a-run-whose-record-is-not-whole",
  EVENT_SEQUENCE_GAP: "a-run-whose-record-is-not-whole",
};

interface Facts {
  readonly row: Pick<RunRow, "status" | "code">;
  readonly lease: Pick<LeaseFact, "worker_id" | "due_at">;
  readonly now: Instant;
}

/** Where the runbook says what to do with a run that does not get on; null where it gets on, or nothing is to be done. */
export function runbookOf(state: RunState, { row, lease, now }: Facts): string | null {
  const section = sectionOf(state, { row, lease, now });
  return section === null ? null : `${RUNBOOK}#${section}`;
}

function sectionOf(state: RunState, { row, lease, now }: Facts): string | null {
  if (row.status === "BLOCKED") return SECTIONS[row.code ?? ""] ?? "a-run-that-is-claimed-again-and-again";
  if (state.outcome !== null) return state.leftover ? "something-that-could-not-be-undone" : null;
  if (phasesOf(state).some((phase) => phase.kind === "unknown" && phase.look_at === null))
    return "an-effect-of-which-nobody-knows";
  if (lease.worker_id !== null && lease.due_at !== null && lease.due_at <= now) return "a-run-whose-owner-is-silent";
  return row.status === "SUSPENDED_HITL" ? "approvals-that-wait" : null;
}
