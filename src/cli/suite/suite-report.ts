import { formatInstant, type JsonObject } from "../../contracts/index.ts";
import { exported } from "../../gate/index.ts";
import { type CaseOutcome, overdueAt } from "../../release/index.ts";
import type { CompiledPack } from "../../run/index.ts";
import type { Paint } from "../output.ts";
import { columns } from "../table.ts";
import type { JudgedSuite } from "./run-suite.ts";

/** A suite's run as data. */
export function suiteReport({ pack, config_hash }: CompiledPack, judged: JudgedSuite): JsonObject {
  const { outcome, decision, policy, evaluation } = judged;
  const { startedAt, finishedAt, cases } = outcome;
  return {
    pack: { id: pack.id, version: pack.version, digest: config_hash },
    started_at: formatInstant(startedAt),
    finished_at: formatInstant(finishedAt),
    cases: cases.map(caseReport),
    overdue: overdueAt(outcome, outcome.finishedAt).map(({ test_id, owner, sla_expires_at }) => ({
      test_id,
      owner,
      sla_expires_at,
    })),
    verdict: decision.verdict,
    cause: decision.cause,
    blocked_by: [...decision.blocked_by],
    deploy_blocked: decision.verdict === "NO-GO",
    gate_artifact: exported(policy.text, evaluation),
  };
}

const caseReport = ({ id, name, tier, status, units, standing }: CaseOutcome): JsonObject => ({
  id,
  name,
  tier,
  status,
  runs: units.length,
  passed: units.filter(({ passed }) => passed).length,
  flaky: units.filter(({ flaky }) => flaky).length,
  quarantined: standing.entry !== null,
  excluded: standing.isExcluded,
  failures: units.flatMap(({ attempts }) =>
    attempts
      .filter(({ differences }) => differences.length > 0)
      .map(({ runId, differences }) => ({ run_id: runId, differences: [...differences] })),
  ),
});

/** Failures of one case that are written out; `--json` has all. */
const SHOWN_MAX = 3;

/** A line a case, what was different, and what the gate makes of it. */
export function suiteLines({ pack }: CompiledPack, judged: JudgedSuite, paint: Paint): readonly string[] {
  const { outcome, decision } = judged;
  const rows = outcome.cases.map((one) => {
    const passed = one.units.filter((unit) => unit.passed).length;
    return [wordOf(one, paint), one.tier, one.id, `${passed} of ${one.units.length}`, one.name];
  });
  const overdue = overdueAt(outcome, outcome.finishedAt).map(
    ({ test_id, owner, sla_expires_at }) =>
      `${paint.red("overdue")}  ${test_id}: ${owner} was to mend it by ${sla_expires_at}`,
  );
  const failing = decision.gates.filter(({ id }) => decision.blocked_by.includes(id));
  const toned = decision.verdict === "GO" ? paint.green : paint.red;
  return [
    ...columns(rows),
    ...outcome.cases.flatMap((one) => differenceLines(one, paint)),
    ...overdue,
    "",
    `${toned(paint.bold(decision.verdict))}  ${pack.id} ${pack.version}: ${decision.verdict === "GO" ? "may be deployed" : "the deploy is blocked"}`,
    ...failing.map(({ id, value, rule, remedy }) => `  ${id}  ${value ?? "nothing"} ${rule}; ${remedy}`),
  ];
}

function wordOf({ status, standing }: CaseOutcome, paint: Paint): string {
  if (standing.isExcluded) return paint.yellow("out");
  switch (status) {
    case "passed":
      return paint.green("passed");
    case "flaky":
      return paint.yellow("flaky");
    case "failed":
      return paint.red("failed");
    case "triage":
      return paint.red("failed twice");
  }
}

const differenceLines = ({ id, units }: CaseOutcome, paint: Paint): readonly string[] =>
  units
    .flatMap(({ attempts }) => attempts)
    .filter(({ differences }) => differences.length > 0)
    .slice(0, SHOWN_MAX)
    .flatMap(({ runId, differences }) => [
      paint.dim(`  ${id}${runId === null ? "" : `, run ${runId}`}`),
      ...differences.map((difference) => `    ${difference}`),
    ]);
