import type { Decision, GateRow } from "../decision.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import { inOrder } from "../measure.ts";
import type { PromotionStatus } from "./promotion-status.ts";

/** A decision in the words of promotions. */
export interface PromotionVerdict {
  readonly status: PromotionStatus;
  /** What stands against it, in the order of the policy. */
  readonly blocking: readonly GateRow[];
}

/** Nothing stands against an approval; a rejection is final; all that stands against what needs a human could be waived by one. */
export function promotionVerdict({ verdict, gates, blocked_by }: Decision): PromotionVerdict {
  const blocking = gates.filter(({ id }) => blocked_by.includes(id));
  if (verdict === "GO") return { status: "APPROVE", blocking };
  return { status: blocking.some(isFinal) ? "REJECT" : "NEEDS_HUMAN", blocking };
}

/** A waiver that is out of order is somebody's to mend: it rejects nothing. */
const isFinal = ({ waivable, metric }: GateRow): boolean => !waivable && metric !== "waivers";

/** The gate's own code, unless nothing could be said; then those of the units that it was measured on. */
export function codesOf(row: GateRow, { measurements }: FileEvaluation): readonly string[] {
  if (row.metric === "waivers") return [];
  const counted = measurements.get(row.metric)?.counted ?? [];
  const own = counted.flatMap(({ columns }) => (typeof columns.code === "string" ? [columns.code] : []));
  return [...(row.code === null || row.status === "UNKNOWN" ? [] : [row.code]), ...own.toSorted(inOrder)];
}

/** Each code once; what a person has to see to says so first. */
export const reasonCodes = (status: PromotionStatus, codes: readonly string[]): readonly string[] => [
  ...new Set([...(status === "NEEDS_HUMAN" ? ["POLICY.NEEDS_HUMAN"] : []), ...codes]),
];

/** What it came to and why, for people. */
export const outcomeNote = ({ status, blocking }: PromotionVerdict): string =>
  blocking.length === 0
    ? `${status}: nothing stands against it`
    : `${status}: ${blocking.map(({ id, reasons }) => [id, ...reasons].join(" ")).join(", ")}`;
