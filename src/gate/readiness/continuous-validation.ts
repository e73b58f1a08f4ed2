import { formatInstant, type Instant, type JsonObject } from "../../contracts/index.ts";
import { REPORTS } from "./catalogue.ts";
import type { SummaryInput } from "./executive-summary.ts";
import { failuresOf, type MadeReport, madeAs, type ReportCheck, summaryOf } from "./made-report.ts";
import { type LoadedReport, loadReport } from "./report.ts";

/** Reports of what may change though nobody commits: the rules of the branches, the policy, how the jobs do. */
const VALIDATED: readonly string[] = ["R20", "R21", "R22", "R25", "R26", "R27"];
const KIND = {
  id: "governance_continuous_validation",
  name: "continuous_validation",
  job: "governance_validation",
  contract: "governance_continuous_validation_v1",
};
/** The validation is made daily, and judges what was made for it. */
const HOURS_MAX = 24;

/**
 * Whether what a release rests on still holds on a day on which nobody releases: a report that is missing, old, broken or says no
 * fails it. Where it failed, the report has the issue to open, of which there is one a UTC day: its key is the day's.
 */
export function continuousValidation(input: SummaryInput): MadeReport {
  const checks = REPORTS.filter(({ id }) => VALIDATED.includes(id)).map((kind) => {
    const { context, reports, at } = input;
    const setting = { context, decidedAt: at, hoursMax: HOURS_MAX, takesImported: false };
    return checkOf(kind.name, loadReport(kind, reports.get(kind.id), setting));
  });
  const status = checks.some((one) => one.status === "failed")
    ? "failed"
    : checks.every(({ passed }) => passed)
      ? "passed"
      : "unverified";
  const failures = failuresOf(checks);
  const body = { overall_status: status, summary: summaryOf(checks), checks, failures };
  const issue = status === "failed" ? issueOf(failures, input.at) : null;
  return madeAs(input, KIND, { id: KIND.id, status, count: checks.length, body: { ...body, issue } });
}

type Validated = ReportCheck & { readonly status: MadeReport["status"] };

function checkOf(check_id: string, loaded: LoadedReport): Validated & JsonObject {
  const status = loaded.ok ? loaded.report.status : "failed";
  const detail = loaded.ok ? (status === "passed" ? "" : status) : loaded.error;
  return { check_id, status: status === "unrecognised" ? "failed" : status, passed: status === "passed", detail };
}

function issueOf(failures: readonly string[], at: Instant): JsonObject {
  const day = formatInstant(at).slice(0, "2026-01-30".length);
  return {
    key: `governance-validation-${day}`,
    title: `governance validation failed on ${day}`,
    labels: ["governance", "validation", "automated"],
    body: failures.map((one) => `- ${one}`).join("\n"),
    answer_within_hours: 24,
  };
}
