import { accepted, digestOf, rejected, sha256Hex } from "../../contracts/index.ts";
import type { Derivation, DerivationInput, EvidenceFile } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { Cell, EvidenceSet, SourceState, Unit } from "../unit.ts";
import { BUNDLE_CHECKS } from "./bundle-checks.ts";
import { type Check, countIn } from "./check.ts";
import { type Evidence, kindOf, readReleaseEvidence } from "./evidence.ts";
import { CONTEXT_FILE } from "./gate-documents.ts";
import { GOVERNANCE_CHECKS, governanceChecks } from "./governance-checks.ts";
import { LINEAGE_CHECKS, lineageChecks } from "./lineage-checks.ts";
import { RELEASE_CHECKS, releaseChecks } from "./release-checks.ts";
import type { LoadedReport } from "./report.ts";
import { REPORT_CHECKS, reportChecks } from "./report-checks.ts";
import { breachesOf, SLO_CHECKS, sloChecks, sloStages } from "./slo-checks.ts";

/** Every check that a policy of releases has a gate for. */
export const CHECKS: readonly string[] = [
  ...RELEASE_CHECKS,
  ...REPORT_CHECKS,
  "promotion_readiness_status_passed",
  "operator_readiness_status_passed",
  "change_approval_decision",
  "protection_not_strict",
  ...GOVERNANCE_CHECKS,
  ...LINEAGE_CHECKS,
  ...SLO_CHECKS,
  ...BUNDLE_CHECKS,
  "external_lineage_status",
];

/**
 * Whether something may be released, from a folder: `context.json` says what and for where, `jobs.json` how the pipeline's jobs
 * ended, `slo_history.json` what service levels were before, and `R01.json` and so on are the reports. Every check of the
 * catalogue is there whatever is missing: what rests on a report that cannot be used is unknown.
 */
export const RELEASE_READINESS: Derivation = {
  fn: "release_readiness",
  version: 1,
  isReproduced: false,
  derive: (input) => {
    if (!input.files.some(({ name }) => name === CONTEXT_FILE))
      return rejected({ code: "GATE_EVIDENCE_MISSING", message: `there is no ${CONTEXT_FILE}` });
    return accepted(derived(input));
  },
};

function derived(input: DerivationInput): EvidenceSet {
  const evidence = readReleaseEvidence(input);
  const checks = [
    ...releaseChecks(evidence, CHECKS),
    ...reportChecks(evidence),
    ...governanceChecks(evidence),
    ...lineageChecks(evidence),
    ...sloChecks(evidence),
  ];
  return {
    digest: digestOfFiles(input.files),
    sources: Object.fromEntries(evidence.loaded.map((loaded) => [kindOf(loaded).id, sourceOf(loaded)])),
    facts: { history_length: evidence.history?.length ?? 0 },
    units: {
      check: checks.map(checkUnit),
      durability: durabilityUnits(evidence),
      slo_report: sloStages(evidence).map((columns) => unitOf(String(columns.report), columns)),
      report: evidence.loaded.map(reportUnit),
      breach: breachUnits(evidence),
      candidate: [unitOf("candidate", candidateOf(evidence))],
    },
  };
}

const digestOfFiles = (files: readonly EvidenceFile[]) =>
  sha256Hex(
    files
      .map(({ name, text }) => `${name} ${sha256Hex(text)}`)
      .toSorted(inOrder)
      .join("\n"),
  );

const sourceOf = (loaded: LoadedReport): SourceState =>
  loaded.ok
    ? { state: "complete", detail: "" }
    : { state: loaded.error === "INCOMPLETE" ? "incomplete" : "unreadable", detail: loaded.error };

const checkUnit = ({ check, subject, outcome, detail, rows }: Check): Unit => ({
  ...unitOf(subject === null ? check : `${check}:${subject}`, { check, subject, outcome, detail }),
  rows,
});

/** How much durability was shown; nothing where it was not said in numbers. */
function durabilityUnits(evidence: Evidence): readonly Unit[] {
  const loaded = evidence.report("R11");
  if (!loaded.ok) return [];
  const scenarios = countIn(loaded.report, "expected_total_scenarios");
  const tests = countIn(loaded.report, "expected_total_tests");
  return scenarios === null || tests === null ? [] : [unitOf("R11", { scenarios, tests })];
}

const reportUnit = (loaded: LoadedReport): Unit =>
  unitOf(kindOf(loaded).id, {
    digest: loaded.ok ? `sha256:${loaded.report.digest}` : null,
    error: loaded.ok ? null : loaded.error,
  });

const breachUnits = (evidence: Evidence): readonly Unit[] =>
  [...(breachesOf(evidence) ?? []).values()].map(({ metric, rule, since, occurrences }) => ({
    ...unitOf(metric, { metric, rule }),
    at: since,
    rows: occurrences,
  }));

function candidateOf({ context, jobs }: Evidence): { readonly [name: string]: Cell } {
  const { event, branch, commit, registry_ref, run_id, run_url, target_environment } = context.context;
  return {
    event,
    branch,
    commit,
    registry_ref,
    run_id,
    run_url,
    target_environment: target_environment ?? null,
    jobs_digest: jobs === null ? null : `sha256:${digestOf(jobs)}`,
  };
}

const unitOf = (id: string, columns: { readonly [name: string]: Cell }): Unit => ({
  id,
  at: null,
  channel: "ci",
  rows: [id],
  isValid: true,
  columns,
});
