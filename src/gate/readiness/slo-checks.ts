import { z } from "zod";
import { inOrder } from "../measure.ts";
import { type RepeatedBreach, repeatedBreaches, type SloEntry } from "../slo/repeated-breach.ts";
import { isMetricStage, type MetricStage, STAGES, worstStage } from "../slo/stage.ts";
import type { Cell } from "../unit.ts";
import { type Check, checkBy, checkOf, fail, notApplicable, pass, passIf, statusPassed, unknown } from "./check.ts";
import type { Evidence } from "./evidence.ts";
import type { LoadedReport, Report } from "./report.ts";

export const SLO_CHECKS = ["trend_report_status", "slo_repeated_breach", "slo_warning"] as const;

const METRICS = z.array(z.looseObject({ metric: z.string().min(1), stage: z.string() }));

const SLO_REPORTS = [
  { name: "dx", id: "R29" },
  { name: "trend", id: "R27" },
] as const;

const NOT_ASKED = "not asked of a rollback";

export function sloChecks(evidence: Evidence): readonly Check[] {
  if (evidence.isRollback) return SLO_CHECKS.map((check) => checkOf(check, notApplicable(NOT_ASKED)));
  return [
    checkBy("trend_report_status", evidence.report("R26"), statusPassed),
    ...repeatedChecks(evidence),
    ...warningChecks(evidence),
  ];
}

/** The stages of both reports: how far they are, as numbers that the policy sets its stages by. */
export function sloStages(evidence: Evidence): readonly { readonly [column: string]: Cell }[] {
  return SLO_REPORTS.map(({ name, id }) => {
    const loaded = evidence.report(id);
    const stage = loaded.ok ? stageOf(loaded.report) : "unverified";
    const why = evidence.isRollback
      ? NOT_ASKED
      : loaded.ok
        ? `its worst stage is ${stage}`
        : `blocked_by:${loaded.error}`;
    return {
      report: name,
      applies: !evidence.isRollback,
      known: stage !== "unverified",
      stage: stage === "unverified" ? null : STAGES.indexOf(stage),
      why,
      policy_version: textIn(loaded, "policy_version"),
      policy_digest: textIn(loaded, "policy_digest"),
    };
  });
}

function textIn(loaded: LoadedReport, name: string): string | null {
  const value = loaded.ok ? loaded.report.body[name] : null;
  return typeof value === "string" ? value : null;
}

/** What the report says of itself, or the worst of its metrics, whichever is worse. */
function stageOf({ status, body }: Report): MetricStage {
  if (status !== "passed") return status === "unverified" ? "unverified" : "hard_fail";
  const stated = isMetricStage(body.slo_status) ? body.slo_status : "unverified";
  return worstStage([stated, ...metricsOf(body.metrics).map(({ stage }) => stage)]);
}

const metricsOf = (value: unknown): readonly { readonly metric: string; readonly stage: MetricStage }[] => {
  const parsed = METRICS.safeParse(value);
  return (parsed.success ? parsed.data : []).map(({ metric, stage }) => ({
    metric,
    stage: isMetricStage(stage) ? stage : "unverified",
  }));
};

/** What this evaluation leaves, as the history would note it. */
function currentEntries(evidence: Evidence): readonly SloEntry[] {
  const { branch, run_id } = evidence.context.context;
  return SLO_REPORTS.flatMap(({ id }) => {
    const loaded = evidence.report(id);
    return loaded.ok
      ? metricsOf(loaded.report.body.metrics).map(({ metric, stage }) => ({
          metric,
          stage,
          branch,
          run: run_id,
          at: evidence.decidedAt,
        }))
      : [];
  });
}

/** Repeated breaches, this evaluation included where it is of the release branch; null where the history cannot be told. */
export function breachesOf(evidence: Evidence): ReadonlyMap<string, RepeatedBreach> | null {
  const { history, context } = evidence;
  if (history === null) return null;
  const { is_release_branch, branch } = context.context;
  const releaseBranch = is_release_branch ? branch : (history[0]?.branch ?? branch);
  return repeatedBreaches([...history, ...(is_release_branch ? currentEntries(evidence) : [])], releaseBranch);
}

function repeatedChecks(evidence: Evidence): readonly Check[] {
  const check = "slo_repeated_breach";
  const breaches = breachesOf(evidence);
  if (breaches === null) return [checkOf(check, unknown("slo_history.json is missing or cannot be read"))];
  const known = [...currentEntries(evidence).map(({ metric }) => metric), ...breaches.keys()];
  const metrics = [...new Set(known)].toSorted(inOrder);
  if (metrics.length === 0) return [checkOf(check, unknown("no report of service levels names a metric"))];
  return metrics.map((metric) => {
    const breach = breaches.get(metric);
    const outcome = breach === undefined ? pass : fail(breach.rule);
    return checkOf(check, outcome, breach?.occurrences ?? [], metric);
  });
}

function warningChecks(evidence: Evidence): readonly Check[] {
  const entries = currentEntries(evidence);
  if (entries.length === 0) return [checkOf("slo_warning", notApplicable("no metric is known"))];
  return entries.map(({ metric, stage }) =>
    checkOf("slo_warning", passIf(stage !== "warn", "on its way to a breach"), [], metric),
  );
}
