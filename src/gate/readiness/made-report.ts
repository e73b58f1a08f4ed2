import { digestOf, formatInstant, type Instant, type JsonObject } from "../../contracts/index.ts";
import { bundlePromotion, REPORTS, type ReportKind } from "./catalogue.ts";
import type { GateContext } from "./gate-documents.ts";

/** What every report says beside its own members. */
export interface Maker {
  /** The release that it is about. */
  readonly context: Pick<GateContext, "context" | "policy">;
  readonly at: Instant;
  readonly reportId: (id: string) => string;
  readonly toolVersion: string;
}

export interface MadeReport {
  readonly id: string;
  readonly status: "passed" | "failed" | "unverified";
  readonly document: JsonObject;
}

interface Made extends Omit<MadeReport, "document"> {
  readonly count: number;
  readonly body: JsonObject;
}

/** A report as the release gate reads it, with its digest. All of `count` facts were looked at. */
export const madeReport = (maker: Maker, made: Made): MadeReport =>
  madeAs(
    maker,
    REPORTS.find(({ id }) => id === made.id),
    made,
  );

/** A report of a kind that the release gate does not ask for by name, or for each of several. */
export function madeAs(
  { context: { context, policy }, at, reportId, toolVersion }: Maker,
  kind: ReportKind | undefined,
  { id, status, count, body }: Made,
): MadeReport {
  const document: JsonObject = {
    contract: kind?.contract ?? "",
    schema_version: "1.0",
    report_id: reportId(id),
    generated_at: formatInstant(at),
    producer: {
      tool: "countermark",
      tool_version: toolVersion,
      workflow: "countermark evidence",
      job_id: kind?.job ?? "",
      run_id: context.run_id,
      attempt: 1,
    },
    subject: {
      commit: context.commit,
      branch: context.branch,
      registry_ref: context.registry_ref,
      policy_digest: policy.digest,
    },
    status,
    completeness: { expected: count, executed: count },
    ...body,
  };
  return { id, status, document: { ...document, digest: `sha256:${digestOf(document)}` } };
}

/** R35: the report of a promotion into an environment, about a release. */
export function promotionReportOf(maker: Maker, report: JsonObject): MadeReport {
  const kind = bundlePromotion(String(report.environment));
  const status = report.status === "passed" || report.status === "failed" ? report.status : "unverified";
  const count = Array.isArray(report.checks) ? report.checks.length : 0;
  return madeAs(maker, kind, { id: kind.id, status, count, body: report });
}

/** One condition of a report. Wire form. */
export interface ReportCheck {
  readonly check_id: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** A condition, with what is wrong where it does not hold. */
export const checkedOf = (check_id: string, problem: string | null): ReportCheck => ({
  check_id,
  passed: problem === null,
  detail: problem ?? "",
});

export function summaryOf(checks: readonly Pick<ReportCheck, "passed">[]) {
  const passed = checks.filter((one) => one.passed).length;
  return {
    total: checks.length,
    passed,
    failed: checks.length - passed,
    pass_ratio: checks.length === 0 ? 0 : passed / checks.length,
  };
}

export const failuresOf = (checks: readonly ReportCheck[]): readonly string[] =>
  checks.flatMap(({ check_id, passed, detail }) => (passed ? [] : [`${check_id}: ${detail}`]));

/** A report that is made of conditions alone. */
export function checkedReport(maker: Maker, id: string, checks: readonly ReportCheck[]): MadeReport {
  const status = checks.every(({ passed }) => passed) ? "passed" : "failed";
  const body = { summary: summaryOf(checks), checks: checks.map((one) => ({ ...one })), failures: failuresOf(checks) };
  return madeReport(maker, { id, status, count: checks.length, body });
}
