import type { Unit } from "../../unit.ts";
import type { Row } from "../evidence/row.ts";
import { VIOLATION } from "../evidence/vocabulary.ts";
import { groupBy } from "../integrity/finding.ts";
import { isFixture, isProduction, triggerOf, unitOf } from "./fold.ts";

/** Violations of what a module may do, one of each event that refused one. What only broken rows tell is not valid. */
export const violations = (valid: readonly Row[], broken: readonly Row[]): readonly Unit[] => {
  const whole = violationsIn(valid);
  const others = [...violationsIn(broken)].filter(([eventId]) => !whole.has(eventId));
  return [
    ...[...whole].map(([eventId, rows]) => told(eventId, rows)),
    ...others.map(([eventId, rows]) => ({ ...told(eventId, rows), isValid: false })),
  ];
};

/** Of production where any row says so. */
function told(eventId: string, rows: readonly Row[]): Unit {
  const unit = unitOf(eventId, rows, {});
  return rows.some(isProduction) ? { ...unit, channel: "prod_traffic" } : unit;
}

const violationsIn = (rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> => groupBy(rows, violationOf);

/** The event by which a row tells of a violation. One whose payload cannot be read is its own. */
function violationOf({ rowId, kind, payload }: Row): string | null {
  if (payload?.type !== "capability") return kind === "policy_violation" ? rowId : null;
  const { eventId, eventName, decisionReasonCode } = payload.event;
  return eventName === "capability.check.rejected" && decisionReasonCode === VIOLATION ? eventId : null;
}

/** Broken rows pull these too: evidence that is not in order does not hide a violation. */
export const violationTriggers = (valid: readonly Row[], broken: readonly Row[]): readonly Unit[] =>
  [...valid, ...broken]
    .filter((row) => violationOf(row) !== null)
    .flatMap((row) => {
      const code = codeOf(row);
      if (code === undefined) return [];
      return [triggerOf("S-SLO-3", code, { subject: row.rowId, rows: [row] })];
    });

function codeOf(row: Row): string | undefined {
  if (isProduction(row)) return "violation";
  if (!isFixture(row)) return "untagged_violation";
  const { fixtureRunId, fixtureCaseId, expectedOutcome } = row;
  const isExpected = fixtureRunId !== null && fixtureCaseId !== null && expectedOutcome === "policy_violation_expected";
  return isExpected ? undefined : "unexpected_violation";
}
