import type { Json } from "../../contracts/index.ts";
import { bundleChecks, externalChecks } from "./bundle-checks.ts";
import {
  CHANGE_APPROVAL,
  LINEAGE,
  LINEAGE_CONTRACT,
  MANUAL_EVIDENCE,
  REPORTS,
  REQUIRED_JOBS,
  USE_CASES,
} from "./catalogue.ts";
import {
  type Check,
  checkOf,
  fail,
  notApplicable,
  type Outcome,
  objectOf,
  pass,
  passIf,
  unknown,
  worstOf,
} from "./check.ts";
import { type Evidence, kindOf } from "./evidence.ts";
import { underFloors } from "./floors.ts";
import { needsManualEvidence } from "./governance-checks.ts";
import type { LoadedReport } from "./report.ts";

export const RELEASE_CHECKS: readonly string[] = [
  "context_load",
  "policy_load",
  "policy_digest_approved",
  "change_freeze",
  "needs_json_parse",
  "job_result",
  ...[...REPORTS, MANUAL_EVIDENCE, LINEAGE, LINEAGE_CONTRACT, CHANGE_APPROVAL].map(({ name }) => presenceOf(name)),
  "evidence_subject_match",
  "use_case_evidence",
];

export const releaseChecks = (evidence: Evidence, checks: readonly string[]): readonly Check[] => [
  checkOf("context_load", evidence.contextProblem === null ? pass : fail(evidence.contextProblem)),
  checkOf("policy_load", policyLoad(evidence, checks)),
  checkOf("policy_digest_approved", policyApproved(evidence)),
  checkOf("change_freeze", changeFreeze(evidence)),
  ...jobChecks(evidence),
  ...presenceChecks(evidence),
  ...evidence.loaded.map(subjectCheck),
  ...useCaseChecks(evidence),
  ...bundleChecks(evidence),
  ...externalChecks(evidence),
];

/** The policy that is evaluated is one of releases, and its profile the one that the pipeline means. */
function policyLoad({ policy, profile, context }: Evidence, checks: readonly string[]): Outcome {
  if (context.profile !== undefined && context.profile !== profile)
    return fail(`the pipeline means the profile \`${context.profile}\`, and \`${profile ?? ""}\` is evaluated`);
  const problems = underFloors(policy, checks);
  return passIf(problems.length === 0, problems.join("; "));
}

function policyApproved({ policy, context }: Evidence): Outcome {
  const { digest, approved_digest } = context.policy;
  if (approved_digest === null) return unknown("no approved policy is named");
  if (digest !== approved_digest) return fail("the candidate's policy is not the approved one");
  return passIf(
    approved_digest === `sha256:${policy.digest}`,
    `the approved policy is not the one that is evaluated, sha256:${policy.digest}`,
  );
}

function changeFreeze({ context }: Evidence): Outcome {
  const { event, target_environment: target } = context.context;
  if (event !== "promotion" || (target !== "staging" && target !== "prod"))
    return notApplicable("nothing is promoted to staging or production");
  const { active, reason } = context.change_freeze;
  return passIf(!active, reason ?? "changes are frozen");
}

function jobChecks({ jobs }: Evidence): readonly Check[] {
  const missing = unknown("jobs.json is missing or no object");
  return [
    checkOf("needs_json_parse", jobs === null ? missing : pass),
    ...REQUIRED_JOBS.map((job) => {
      const result = resultOf(jobs?.[job] ?? jobs?.[job.replaceAll("_", "-")]);
      const outcome = jobs === null ? missing : passIf(result === "success", `its result is ${result}`);
      return checkOf("job_result", outcome, [job], job);
    }),
  ];
}

/** Of a job's entry; `missing` where it has none. */
function resultOf(job: Json | undefined): string {
  const { result } = objectOf(job);
  return typeof result === "string" ? result : "missing";
}

function presenceOf(name: string): string {
  return `${name}_report_present`;
}

function presenceChecks(evidence: Evidence): readonly Check[] {
  return [...REPORTS, MANUAL_EVIDENCE, LINEAGE, LINEAGE_CONTRACT, CHANGE_APPROVAL].map(({ id, name }) => {
    const loaded = evidence.report(id);
    const isAsked = id !== MANUAL_EVIDENCE.id || needsManualEvidence(evidence);
    const outcome = loaded.ok ? pass : isAsked ? unknown(loaded.error) : notApplicable("the platform was asked");
    return checkOf(presenceOf(name), outcome, [id]);
  });
}

function subjectCheck(loaded: LoadedReport): Check {
  const { id } = kindOf(loaded);
  const outcome = loaded.ok
    ? pass
    : loaded.error === "STALE_SUBJECT"
      ? fail("it is about another commit, registry or policy")
      : notApplicable(`not read: ${loaded.error}`);
  return checkOf("evidence_subject_match", outcome, [id], id);
}

/** Asked of what may be released: a use case names the reports that show it, and every one is here, with that digest. */
function useCaseChecks(evidence: Evidence): readonly Check[] {
  const check = "use_case_evidence";
  const { event, is_release_branch } = evidence.context.context;
  if (event !== "promotion" && !(event === "push" && is_release_branch))
    return [checkOf(check, notApplicable("nothing is released"))];
  return [...USE_CASES].map(([useCase, shownBy]) => {
    const named = evidence.context.use_cases?.[useCase]?.evidence ?? [];
    const outcome = worstOf([
      ...named.map(({ id, digest }) => foundBy(evidence.report(id), digest)),
      ...shownBy.map((id) => (named.some((one) => one.id === id) ? pass : unknown(`${id} not named`))),
    ]);
    return checkOf(check, outcome, shownBy, useCase);
  });
}

/** A report that cannot be used cannot be compared. */
const foundBy = (loaded: LoadedReport, digest: string): Outcome =>
  loaded.ok
    ? passIf(digest === `sha256:${loaded.report.digest}`, `${loaded.report.kind.id} not found by digest`)
    : unknown(`${loaded.kind.id} is ${loaded.error}`);
