import { digestOf, type Json, type JsonObject } from "../../contracts/index.ts";
import type { Decision, GateRow } from "../decision.ts";
import type { FileEvaluation } from "../evaluate-files.ts";
import { excludes } from "../policy.ts";
import type { GateText, PolicyText } from "../policy-shape.ts";
import type { Unit } from "../unit.ts";
import { guidanceOf } from "./guidance.ts";

type Outcome = "pass" | "fail" | "waived" | "allowed_unverified" | "not_applicable";

/** The decision as readers of the release gate know it: one entry a check, with what it rests on. */
export function releaseReport(policy: PolicyText, evaluation: FileEvaluation): JsonObject {
  const { decision, evidence } = evaluation;
  const checks = decision.gates.map((row) => checkOf(row, policy, evaluation));
  const word = decisionWord(decision);
  const failing = decision.gates.filter((row) => outcomeOf(row) === "fail");
  const document: JsonObject = {
    contract: "release_readiness_gate_v2",
    schema_version: "2.0",
    generated_at: decision.decided_at,
    candidate: columnsOf(evidence.units.candidate?.[0]),
    status: word === "go" ? "passed" : "failed",
    decision: word,
    decision_reasons: reasonsOf(decision),
    summary: summaryOf(decision),
    checks,
    inputs: inputsOf(policy, evaluation),
    exceptions_applied: decision.waivers.applied.map(({ waiver, gate, approved_by, reason, expires_at, severity }) => ({
      waiver_id: waiver,
      check_id: gate,
      approvals: approved_by,
      reason,
      expires_at,
      original_severity: severity,
    })),
    exceptions_rejected: decision.waivers.rejected.map(({ waiver, code, detail }) => ({
      waiver_id: waiver,
      code,
      detail,
    })),
    repeated_breaches: (evidence.units.breach ?? []).map(({ columns, rows }) => ({
      metric: columns.metric ?? null,
      occurrences: rows,
      rule: columns.rule ?? null,
    })),
    lineage_ref: { digest: reportDigest(evidence.units.report, "R32") },
    rollback_guidance: guidanceOf(decision, evidence),
    next_actions: failing.map((row) => `${ownerOf(row)}: ${row.remedy} (${row.id})`),
  };
  return { ...document, digest: `sha256:${digestOf(document)}` };
}

/** The same for readers of the first version, which knew no critical findings and no kinds of outcome. */
export function firstReleaseReport(policy: PolicyText, evaluation: FileEvaluation): JsonObject {
  const { decision } = evaluation;
  const word = decisionWord(decision);
  const failed = decision.gates.filter((row) => !isPassed(outcomeOf(row)));
  const { critical, high, medium } = decision.spent;
  return {
    contract: "release_readiness_gate_v1",
    generated_at: decision.decided_at,
    status: word === "go" ? "passed" : "failed",
    decision: word,
    summary: {
      total: decision.gates.length,
      passed: decision.gates.length - failed.length,
      failed: failed.length,
      high_failures: critical + high,
      medium_failures: medium,
    },
    checks: decision.gates.map((row) => ({
      check_id: row.id,
      passed: isPassed(outcomeOf(row)),
      severity: firstSeverity(severityOf(row, policy)),
      detail: row.reasons.join("; "),
    })),
    inputs: inputsOf(policy, evaluation),
    exceptions_applied: decision.waivers.applied.map(({ gate, approved_by, expires_at, reason }) => ({
      check_id: gate,
      approved_by,
      expires_at,
      reason,
    })),
  };
}

const firstSeverity = (severity: string): string => (severity === "critical" ? "high" : severity);

const OUTCOMES: { readonly [standing in GateRow["standing"]]: Outcome | null } = {
  counts: null,
  waived: "waived",
  excused: "allowed_unverified",
  excluded: "not_applicable",
};

const outcomeOf = ({ standing, status }: GateRow): Outcome =>
  OUTCOMES[standing] ?? (status === "PASS" ? "pass" : "fail");

const isPassed = (outcome: Outcome): boolean => outcome !== "fail" && outcome !== "waived";

const decisionWord = ({ verdict, conditions }: Decision): "go" | "conditional-go" | "no-go" =>
  verdict === "NO-GO" ? "no-go" : conditions.length > 0 ? "conditional-go" : "go";

/** The rules that led to the decision, by the numbers that its readers know them by. */
function reasonsOf({ verdict, conditions, gates, blocked_by }: Decision): readonly string[] {
  if (verdict === "GO")
    return conditions.length === 0 ? ["7: nothing stands against it"] : [`6: ${conditions.length} conditions`];
  const blocking = gates.filter(({ id }) => blocked_by.includes(id));
  const of = (severity: GateRow["severity"]) =>
    blocking.filter((row) => row.standing === "counts" && row.severity === severity).length;
  const waived = blocking.filter(({ standing }) => standing === "waived").length;
  return [
    ...(["critical", "high", "medium"] as const).flatMap((severity, index) =>
      of(severity) > 0 ? [`${index + 1}: ${of(severity)} ${severity}`] : [],
    ),
    ...(waived > 0 ? [`4: ${waived} waived`] : []),
    ...(blocked_by.includes("change_freeze") ? ["5: changes are frozen"] : []),
  ];
}

function summaryOf({ gates, spent }: Decision): JsonObject {
  const count = (...wanted: readonly Outcome[]) => gates.filter((row) => wanted.includes(outcomeOf(row))).length;
  return {
    total: gates.length,
    passed: count("pass", "allowed_unverified", "not_applicable"),
    failed: count("fail"),
    waived: count("waived"),
    allowed_unverified: count("allowed_unverified"),
    not_applicable: count("not_applicable"),
    critical_failures: spent.critical,
    high_failures: spent.high,
    medium_failures: spent.medium,
    low_findings: spent.low,
  };
}

function checkOf(row: GateRow, policy: PolicyText, { evidence }: FileEvaluation): JsonObject {
  const unit = evidence.units.check?.find(({ id }) => id === row.id);
  const outcome = outcomeOf(row);
  const severity = severityOf(row, policy);
  const reports = (unit?.rows ?? gateOf(row, policy)?.needs ?? []).filter((id) => /^R\d\d/.test(id));
  return {
    check_id: row.id,
    title: row.title ?? row.id.replaceAll("_", " "),
    outcome,
    passed: isPassed(outcome),
    severity,
    effective_severity: row.severity ?? severity,
    class: row.group ?? "governance",
    waivable: row.waivable,
    rule: row.rule,
    expected: row.rule,
    observed: row.value,
    evidence: reports.map((id) => ({
      report_id: id,
      digest: reportDigest(evidence.units.report, id),
      json_pointer: "",
    })),
    ...(row.waiver === null ? {} : { waiver_id: row.waiver }),
    detail: row.reasons.join("; "),
    requirement: row.remedy,
  };
}

const gateOf = (row: GateRow, policy: PolicyText): GateText | undefined =>
  policy.gates.find(({ id }) => excludes(row.id, id));

/** As the policy weighs a failure of it; rows that stand in no policy say so themselves. */
function severityOf(row: GateRow, policy: PolicyText): string {
  const stated = gateOf(row, policy)?.severity;
  return (typeof stated === "object" ? stated.FAIL : stated) ?? row.severity ?? "critical";
}

function inputsOf(policy: PolicyText, { decision, evidence }: FileEvaluation): JsonObject {
  const profile = decision.profile === null ? undefined : policy.profiles[decision.profile];
  const slo = evidence.units.slo_report ?? [];
  return {
    policy_version: decision.policy.version,
    policy_digest: `sha256:${decision.policy.digest}`,
    policy_profile: decision.profile,
    profile: profile === undefined ? null : asJson({ ...profile, params: { ...policy.params, ...profile.params } }),
    slo_policy: slo.map(({ columns }) => ({
      version: columns.policy_version ?? null,
      digest: columns.policy_digest ?? null,
    })),
    waivers_digest: decision.waivers.digest,
    jobs_digest: evidence.units.candidate?.[0]?.columns.jobs_digest ?? null,
    history_length: evidence.facts.history_length ?? 0,
    reports: Object.fromEntries(
      (evidence.units.report ?? []).map(({ id, columns }) => [id, columns.digest ?? columns.error ?? null]),
    ),
  };
}

const reportDigest = (reports: readonly Unit[] | undefined, id: string): Json =>
  reports?.find((report) => report.id === id)?.columns.digest ?? null;

const columnsOf = (unit: Unit | undefined): JsonObject => {
  const { jobs_digest: _, ...rest } = unit?.columns ?? {};
  return rest;
};

const asJson = (value: object): Json => JSON.parse(JSON.stringify(value));

/** Who has to act on a failing check of a class. */
const OWNERS: { readonly [group: string]: string } = {
  safety: "security_owner",
  integrity: "release_owner",
  durability: "runtime_owner",
  governance: "repo_admin",
  functional: "runtime_owner",
  slo: "release_owner",
  operational: "operator",
};

const ownerOf = ({ group }: GateRow): string => OWNERS[group ?? ""] ?? "release_owner";
