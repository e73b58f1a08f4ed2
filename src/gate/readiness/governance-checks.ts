import { z } from "zod";
import { parseInstant } from "../../contracts/index.ts";
import { GOVERNANCE_REPORTS, MANUAL_EVIDENCE } from "./catalogue.ts";
import {
  type Check,
  checkBy,
  checkOf,
  fail,
  listOf,
  notApplicable,
  type Outcome,
  objectOf,
  pass,
  passIf,
  statusPassed,
  unknown,
} from "./check.ts";
import type { Evidence } from "./evidence.ts";
import type { Report } from "./report.ts";

const PROTECTION = "R22";

/** Whether a person's proof is asked for: only where the platform could not be asked, and not where nothing is released. */
export function needsManualEvidence(evidence: Evidence): boolean {
  const { event } = evidence.context.context;
  const protection = evidence.report(PROTECTION);
  return event !== "pull_request" && event !== "schedule" && protection.ok && protection.report.status === "unverified";
}

export const GOVERNANCE_CHECKS = [
  "github_branch_protection_status_passed",
  "governance_evidence_complete",
  "governance_exec_summary_not_failed",
] as const;

export const governanceChecks = (evidence: Evidence): readonly Check[] => [
  checkBy("github_branch_protection_status_passed", evidence.report(PROTECTION), statusPassed),
  manualEvidence(evidence),
  checkBy("governance_exec_summary_not_failed", evidence.report("R30"), (report) => summary(report, evidence)),
];

function manualEvidence(evidence: Evidence): Check {
  const { event } = evidence.context.context;
  const check = (outcome: Outcome) =>
    checkOf("governance_evidence_complete", outcome, [PROTECTION, MANUAL_EVIDENCE.id]);
  if (event === "pull_request" || event === "schedule") return check(notApplicable(`not asked on ${event}`));
  const protection = evidence.report(PROTECTION);
  if (!protection.ok) return check(unknown(`blocked_by:${protection.error}`));
  if (protection.report.status === "passed") return check(pass);
  if (protection.report.status !== "unverified") return check(fail("no proof makes up for rules that fail"));
  const manual = evidence.report(MANUAL_EVIDENCE.id);
  return check(manual.ok ? proven(manual.report, protection.report, evidence) : unknown(`blocked_by:${manual.error}`));
}

const BODY = z.looseObject({
  reviewer: z.string().min(1),
  reviewer_role: z.literal("repo_admin"),
  second_reviewer: z.string().optional(),
  verified_at: z.string(),
  ruleset_updated_at: z.string().optional(),
  facts: z.record(z.string(), z.enum(["confirmed", "not_applicable"])),
  attachments: z.array(
    z.looseObject({ name: z.string(), sha256: z.string(), media_type: z.string(), kind: z.string() }),
  ),
  exit_criteria: z.looseObject({
    all_automated_reports_collected: z.literal(true),
    all_manual_evidence_captured: z.literal(true),
    policy_documents_up_to_date: z.literal(true),
    verification_passed: z.literal(true),
  }),
});

const ATTACHED = ["ruleset_overview", "ruleset_rules", "ruleset_required_checks", "ruleset_bypass"] as const;
const JSON_EXPORT = "application/json";
const FACTS = [
  "protection_active",
  "pull_request_required",
  "approvals",
  "stale_approvals_dismissed",
  "conversations_resolved",
  "status_checks",
  "checks_up_to_date",
  "force_push_blocked",
  "deletion_blocked",
  "bypass",
] as const;
const VALID_MS = 7 * 86_400_000;

/** Whether a person's proof is whole, in time, and about the rules as they are. */
function proven({ body }: Report, protection: Report, evidence: Evidence): Outcome {
  const parsed = BODY.safeParse(body);
  if (!parsed.success) return fail(`${parsed.error.issues[0]?.path.join(".")} is not as it has to be`);
  const { reviewer, second_reviewer, verified_at, facts, attachments, ruleset_updated_at } = parsed.data;
  const missing = FACTS.filter((name) => facts[name] === undefined);
  if (missing.length > 0) return fail(`${missing.join(", ")} not confirmed`);
  const isExported = attachments.some(({ media_type }) => media_type === JSON_EXPORT);
  const lacking = ATTACHED.filter((kind) => !isExported && !attachments.some((one) => one.kind === kind));
  if (lacking.length > 0) return fail(`${lacking.join(", ")} not attached`);
  if (evidence.context.context.target_environment === "prod" && (second_reviewer ?? reviewer) === reviewer)
    return fail("production asks for a second reviewer");
  const verifiedAt = parseInstant(verified_at);
  if (verifiedAt === undefined || verifiedAt > evidence.decidedAt || evidence.decidedAt - verifiedAt > VALID_MS)
    return fail("it is older than seven days");
  const changed = protection.body.ruleset_updated_at ?? ruleset_updated_at;
  if (changed !== ruleset_updated_at) return fail("the rules changed since");
  const others = GOVERNANCE_REPORTS.filter((id) => !isPassed(evidence, id));
  return passIf(others.length === 0, `${others.join(", ")} not passed either`);
}

function isPassed(evidence: Evidence, id: string): boolean {
  const loaded = evidence.report(id);
  return loaded.ok && loaded.report.status === "passed";
}

/** A summary may be unverified where that comes of the platform's silence alone, and a person's proof makes up for it. */
function summary(report: Report, evidence: Evidence): Outcome {
  if (report.status !== "unverified") return statusPassed(report);
  const open = listOf(report.body.reports)
    .map(objectOf)
    .filter(({ status }) => status !== "passed");
  const isOnlyProtection =
    open.length > 0 && open.every(({ id, status }) => id === PROTECTION && status === "unverified");
  if (!isOnlyProtection) return unknown("unverified");
  return manualEvidence(evidence).outcome === "pass" ? pass : unknown("unverified, and no proof makes up for it");
}
