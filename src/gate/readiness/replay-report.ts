import type { JsonObject } from "../../contracts/index.ts";
import { DRIFTS, type DriftClass, isEqualDrift } from "../../run/index.ts";
import { type MadeReport, type Maker, madeReport, summaryOf } from "./made-report.ts";

/** What deciding one run again found, once for each repetition. */
export interface ReplayedRun {
  readonly runId: string;
  /** `projection`: the digest of the document that it came to; null where it came to another end. */
  readonly repetitions: readonly { readonly drift: DriftClass; readonly projection: string | null }[];
}

/** R12: whether runs, decided again from their record, come to the same end each time. Of no run nothing is known. */
export function replayReport(maker: Maker, runs: readonly ReplayedRun[], repetitions: number): MadeReport {
  const tests = runs.flatMap(({ runId, repetitions: made }) => {
    const [first] = made;
    return made.map(({ drift, projection }, index) => ({
      nodeid: runId,
      repetition: index + 1,
      returncode: isEqualDrift(drift) && projection === first?.projection ? 0 : 1,
      execution_id: runId,
      projection_hash: projection,
      drift,
    }));
  });
  const { passed, failed, pass_ratio } = summaryOf(tests.map(({ returncode }) => ({ passed: returncode === 0 })));
  const expected = runs.length * repetitions;
  const summary: JsonObject = {
    test_nodes: runs.length,
    repetitions,
    expected_total_executions: expected,
    completed_executions: tests.length,
    execution_complete: tests.length === expected,
    passed_executions: passed,
    failed_executions: failed,
    pass_ratio,
    drift: gravest(tests.map(({ drift }) => drift)),
  };
  const failures = tests.flatMap(({ nodeid, repetition, returncode, drift }) =>
    returncode === 0 ? [] : [`${nodeid}, repetition ${repetition}: ${drift} ${DRIFTS[drift].name}`],
  );
  const status = failures.length > 0 ? "failed" : tests.length === 0 ? "unverified" : "passed";
  return madeReport(maker, { id: "R12", status, count: tests.length, body: { summary, tests, failures } });
}

/** As the report says it: `none` where nothing differs. */
function gravest(drifts: readonly DriftClass[]): string {
  const worst = drifts.toSorted().at(-1) ?? "D0";
  return worst === "D0" ? "none" : worst;
}
