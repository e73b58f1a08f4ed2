import type { ApprovalSummary } from "../../api/wire.ts";

/** How far an approval by several people has come: `1 of 2 given, by ann`. */
export function given({
  approved_by,
  required_approvers,
}: Pick<ApprovalSummary, "approved_by" | "required_approvers">): string {
  const by = approved_by.length === 0 ? "" : `, by ${approved_by.join(" and ")}`;
  return `${approved_by.length} of ${required_approvers} given${by}`;
}
