import type { Manifest } from "../evidence/manifest.ts";
import type { Row } from "../evidence/row.ts";
import type { ExpectedOutcome } from "../evidence/vocabulary.ts";
import { isInWindow, type SignoffWindow } from "../evidence/window.ts";
import { type Finding, groupBy, hit, missing } from "./finding.ts";

/** IF-4: a fixture row is of a registered run, and was observed during it. */
export function strayFixtures(rows: readonly Row[], manifest: Manifest): readonly Finding[] {
  const runs = new Map(manifest.fixtureRuns.map((run) => [run.fixtureRunId, run]));
  return rows.flatMap((row) => {
    const { channel, fixtureRunId, observedAt } = row;
    if (channel !== "controlled_fixture" || fixtureRunId === null || observedAt === null) return [];
    const run = runs.get(fixtureRunId);
    if (run === undefined) return [hit("IF-4", "the fixture run is not registered")(row)];
    const isDuring = run.from <= observedAt && observedAt < run.to;
    return isDuring ? [] : [hit("IF-4", "the row was not observed during its fixture run")(row)];
  });
}

const REFUSALS: readonly ExpectedOutcome[] = ["policy_violation_expected", "approval_reject_expected"];

/** IF-8: what a case of a registered run expects to be refused was refused. */
export function missedRefusals(rows: readonly Row[], manifest: Manifest): readonly Finding[] {
  const refused = new Set(rows.filter(isRefusal).map((row) => caseKey(row.fixtureRunId, row.fixtureCaseId)));
  return manifest.fixtureRuns.flatMap(({ fixtureRunId, cases }) =>
    cases
      .filter(({ expectedOutcomes }) => expectedOutcomes.some((outcome) => REFUSALS.includes(outcome)))
      .filter(({ fixtureCaseId }) => !refused.has(caseKey(fixtureRunId, fixtureCaseId)))
      .map(({ fixtureCaseId }) => missing("IF-8", `no refusal of case ${fixtureCaseId} of run ${fixtureRunId}`)),
  );
}

const caseKey = (run: string | null, fixture: string | null): string => JSON.stringify([run, fixture]);

function isRefusal({ kind, payload }: Row): boolean {
  if (kind === "policy_violation") return true;
  if (kind !== "apply_attempt" || payload?.type !== "transaction") return false;
  return payload.event.eventType === "tx.apply.requested" && !payload.event.accepted;
}

/** IF-9: within the window a case has one input. */
export function changedInputs(rows: readonly Row[], window: SignoffWindow): readonly Finding[] {
  const cases = groupBy(importsWithin(rows, window), ({ fixtureCaseId }) => fixtureCaseId);
  return [...cases].flatMap(([fixtureCaseId, group]) => {
    const inputs = new Set(
      group.flatMap(({ payload }) => (payload?.type === "import" ? [payload.result.inputHash] : [])),
    );
    return inputs.size > 1 ? group.map(hit("IF-9", `case ${fixtureCaseId} has two inputs`)) : [];
  });
}

/** Runs that show something: one of a package that has to be imported, two of one that has to be refused alike. */
const RUNS_MIN = { import_ok_expected: 1, import_reject_expected: 2 };

/** IF-12: the declared corpus was exercised within the window, whole. */
export function unexercisedCases(rows: readonly Row[], manifest: Manifest, window: SignoffWindow): readonly Finding[] {
  const registered = new Set(manifest.fixtureRuns.map(({ fixtureRunId }) => fixtureRunId));
  const runs = groupBy(
    importsWithin(rows, window).filter(({ fixtureRunId }) => fixtureRunId !== null && registered.has(fixtureRunId)),
    ({ fixtureCaseId }) => fixtureCaseId,
  );
  const needed = new Map<string, number>();
  for (const { fixtureCaseId, expectedOutcomes } of manifest.fixtureRuns.flatMap(({ cases }) => cases)) {
    const least = Math.max(needed.get(fixtureCaseId) ?? 0, ...expectedOutcomes.map(runsMin));
    needed.set(fixtureCaseId, least);
  }
  return [...needed].flatMap(([fixtureCaseId, least]) => {
    const ran = runs.get(fixtureCaseId)?.length ?? 0;
    return ran < least ? [missing("IF-12", `case ${fixtureCaseId} ran ${ran} times of ${least}`)] : [];
  });
}

const runsMin = (outcome: ExpectedOutcome): number =>
  outcome === "import_ok_expected" || outcome === "import_reject_expected" ? RUNS_MIN[outcome] : 0;

const importsWithin = (rows: readonly Row[], window: SignoffWindow): readonly Row[] =>
  rows.filter(
    ({ kind, observedAt }) => kind === "import_result" && observedAt !== null && isInWindow(observedAt, window),
  );
