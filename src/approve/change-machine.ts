import { statusMachine } from "../contracts/index.ts";
import type { ApprovalRow } from "./queries.ts";

/** Where a previewable change stands, from what was asked to what was applied or given up. */
export type ChangeState =
  | "RECEIVED"
  | "PREVIEWING"
  | "PREVIEW_READY"
  | "APPROVAL_PENDING"
  | "APPROVED"
  | "APPLYING"
  | "APPLIED"
  | "ROLLBACK_PENDING"
  | "ROLLED_BACK"
  | "REJECTED"
  | "FAILED_PRE_APPLY"
  | "RECOVERY_PENDING"
  | "FAILED_TERMINAL";

/** Nothing is applied that was not previewed and approved in the same attempt; a corrected retry is previewed anew. */
export const CHANGE_MACHINE = statusMachine<ChangeState>(
  { name: "a change", version: "1.0.0" },
  {
    RECEIVED: ["PREVIEWING"],
    PREVIEWING: ["PREVIEW_READY", "FAILED_PRE_APPLY"],
    PREVIEW_READY: ["APPROVAL_PENDING"],
    APPROVAL_PENDING: ["APPROVED", "REJECTED", "FAILED_PRE_APPLY"],
    APPROVED: ["APPLYING", "FAILED_PRE_APPLY"],
    APPLYING: ["APPLIED", "FAILED_PRE_APPLY", "RECOVERY_PENDING", "ROLLBACK_PENDING"],
    APPLIED: ["ROLLBACK_PENDING"],
    ROLLBACK_PENDING: ["ROLLED_BACK", "RECOVERY_PENDING", "FAILED_TERMINAL"],
    FAILED_PRE_APPLY: ["PREVIEWING", "REJECTED"],
    RECOVERY_PENDING: ["APPLIED", "ROLLED_BACK", "APPROVED", "FAILED_TERMINAL"],
    ROLLED_BACK: [],
    REJECTED: [],
    FAILED_TERMINAL: [],
  },
);

/** Where the change stands that an approval is about: a call that was previewed, and is made once it is approved. */
export function changeState({ status, consumed_at }: Pick<ApprovalRow, "status" | "consumed_at">): ChangeState {
  switch (status) {
    case "PENDING":
      return "APPROVAL_PENDING";
    case "APPROVED":
      return consumed_at === null ? "APPROVED" : "APPLYING";
    case "VOIDED":
      return "FAILED_PRE_APPLY";
    case "DENIED":
    case "TIMED_OUT":
    case "CANCELLED":
      return "REJECTED";
  }
}
