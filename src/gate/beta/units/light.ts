import type { Unit } from "../../unit.ts";
import type { AdaptationReport, CorrectionOutcome } from "../evidence/light-payload.ts";
import type { Row } from "../evidence/row.ts";
import type { Target } from "../evidence/vocabulary.ts";
import type { SignoffWindow } from "../evidence/window.ts";
import { byText } from "../integrity/chain.ts";
import { groupBy } from "../integrity/finding.ts";
import { isProduction, triggerOf, unitOf, within } from "./fold.ts";

/** Corrections after which an intent is given up. */
const CORRECTIONS_MAX = 3;

interface Reported {
  readonly row: Row;
  readonly report: AdaptationReport;
}

/** Intents by the adaptation reports of the window, all of which have to be good. */
export function lightIntents(valid: readonly Row[], window: SignoffWindow): readonly Unit[] {
  return [...groupBy(reportsIn(valid, window), ({ report }) => report.intentId)].map(([intentId, reports]) =>
    unitOf(intentId, rowsOf(reports), {
      deterministic: reports.every(({ report }) => report.aggregate.allTargetsDeterministic),
      reachable: reports.every(isReachable),
      production: reports.some(({ row }) => isProduction(row)),
      ...targetsOf(reports),
    }),
  );
}

const reportsIn = (valid: readonly Row[], window: SignoffWindow): readonly Reported[] =>
  within(valid, window).flatMap((row) =>
    row.payload?.type === "adaptation" ? [{ row, report: row.payload.report }] : [],
  );

const rowsOf = (reports: readonly { readonly row: Row }[]): readonly Row[] => reports.map(({ row }) => row);

const isReachable = ({ report }: Reported): boolean =>
  report.aggregate.allTargetsRecoverableOrBlockedSafe &&
  report.targetResults.every(
    ({ launcherReachable, closeRecoverReachable }) => launcherReachable && closeRecoverReachable,
  );

/** Which targets an intent was adapted to in production. */
function targetsOf(reports: readonly Reported[]): { readonly [target in Target]: boolean } {
  const production = reports.filter(({ row }) => isProduction(row));
  const targets = new Set(production.flatMap(({ report }) => report.targetResults.map(({ target }) => target)));
  return { web: targets.has("web"), tablet: targets.has("tablet"), mobile: targets.has("mobile") };
}

export const lightTriggers = (valid: readonly Row[], window: SignoffWindow): readonly Unit[] => {
  const reports = reportsIn(valid, window);
  return [
    ...reports
      .filter(({ report }) => !report.aggregate.allTargetsDeterministic)
      .map(({ row }) => triggerOf("L-KPI-1", "non_deterministic", { subject: row.rowId, rows: [row] })),
    ...reports
      .filter((reported) => !isReachable(reported))
      .map(({ row }) => triggerOf("L-KPI-2", "unreachable", { subject: row.rowId, rows: [row] })),
    ...corrected(valid)
      .filter(({ outcome }) => outcome.corrections > CORRECTIONS_MAX)
      .map(({ row }) => triggerOf("L-KPI-3", "retry_cap", { subject: row.rowId, rows: [row] })),
  ];
};

interface Corrected {
  readonly row: Row;
  readonly outcome: CorrectionOutcome;
}

const corrected = (rows: readonly Row[]): readonly Corrected[] =>
  rows.flatMap((row) => (row.payload?.type === "correction" ? [{ row, outcome: row.payload.outcome }] : []));

/** Intents that entered the loop of corrections, when they entered it, by the latest word on each. */
export const correctionLoops = (valid: readonly Row[]): readonly Unit[] =>
  [...groupBy(corrected(valid), ({ outcome }) => outcome.intentId)].flatMap(([intentId, words]) => {
    const latest = [...words].sort(
      (left, right) =>
        (right.row.observedAt ?? 0) - (left.row.observedAt ?? 0) || byText(right.row.rowId, left.row.rowId),
    )[0];
    if (latest === undefined) return [];
    const { row, outcome } = latest;
    const columns = { exhausted: outcome.outcome === "exhausted", corrections: outcome.corrections };
    return [{ ...unitOf(intentId, [row], columns), at: outcome.enteredAt }];
  });
