import { type Code, fieldPath } from "../../contracts/index.ts";

/** The four checks, in the order in which their findings are listed. */
export const CHECKS = {
  "CC-01": "tool_closure",
  "CC-02": "bounds_present",
  "CC-03": "scopes_present",
  "CC-04": "financial_hitl",
} as const;

export type CheckId = keyof typeof CHECKS;

/** What a compile check found. Text form: `[check_name] message`. */
export interface Finding {
  readonly check_id: CheckId;
  readonly check_name: (typeof CHECKS)[CheckId];
  readonly code: Code;
  /** Such as `$.workflows[0].steps[2].tool_name`. */
  readonly path: string;
  readonly message: string;
}

export type Steps = readonly (string | number)[];

export const finding = (check_id: CheckId, code: Code, path: Steps, message: string): Finding => ({
  check_id,
  check_name: CHECKS[check_id],
  code,
  path: fieldPath(path),
  message,
});

/** The line in which a finding is shown. */
export const findingText = ({ check_name, message }: Finding): string => `[${check_name}] ${message}`;

/** By check, then by path; list positions as numbers, so that step 10 follows step 9. */
export const inOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted(
    (a, b) => compare(a.check_id, b.check_id) || compare(padded(a.path), padded(b.path)) || compare(a.code, b.code),
  );

const padded = (path: string): string => path.replace(/\d+/g, (digits) => digits.padStart(6, "0"));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
