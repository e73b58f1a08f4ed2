import type { Code } from "../../contracts/index.ts";
import type { Hit, HitKind } from "./scan.ts";

/**
 * A hit of a scanner in a document: it means that the contract's annotations are wrong and opens a review of them. `P1`
 * rejected the write, `P2` was masked. The path never holds what was found.
 */
export interface Finding {
  readonly kind: HitKind;
  readonly detector: string;
  readonly field_path: string;
  readonly alert: "P1" | "P2";
}

/** Why a write was rejected. */
export type RejectReason = "SECRET" | "CARD" | "SSN";

/** Secrets outrank cards, and those numbers of persons: the order of the stages in commerce-kernel 12.3. */
const REASONS: readonly RejectReason[] = ["SECRET", "CARD", "SSN"];

const CODE_OF = {
  SECRET: "REDACTION_SECRET",
  CARD: "REDACTION_CARD",
  SSN: "REDACTION_SSN",
} as const satisfies Record<RejectReason, Code>;

/** The reason code of a rejected write. */
export const rejectCode = (reason: RejectReason): Code => CODE_OF[reason];

export const findingOf = ({ kind, detector }: Hit, field_path: string): Finding => ({
  kind,
  detector,
  field_path,
  alert: reasonOf(kind) === undefined ? "P2" : "P1",
});

/** The reason that a hit gives to reject a write; `undefined` for what is masked. */
export const reasonOf = (kind: HitKind): RejectReason | undefined => REASONS.find((reason) => reason === kind);

/** Whether a reason is the graver one; any reason is graver than none. */
export const outranks = (reason: RejectReason, other: RejectReason | undefined): boolean =>
  other === undefined || REASONS.indexOf(reason) < REASONS.indexOf(other);
