import { readFileSync } from "node:fs";
import {
  assert,
  digestOf,
  formatInstant,
  type Instant,
  instant,
  isJsonObject,
  type Json,
  type JsonObject,
} from "../../../contracts/index.ts";
import type { GateRow } from "../../decision.ts";
import { evaluateFiles, type FileEvaluation } from "../../evaluate-files.ts";
import { type Policy, parsePolicy } from "../../policy.ts";
import type { WaiverInput } from "../../waiver-rules.ts";
import {
  bundlePromotion,
  CHANGE_APPROVAL,
  externalLineage,
  LINEAGE,
  LINEAGE_CONTRACT,
  MANUAL_EVIDENCE,
  REPORTS,
  REQUIRED_JOBS,
  type ReportKind,
  USE_CASES,
} from "../catalogue.ts";
import { RELEASE_READINESS } from "../derive.ts";

/** The instant of every worked case. */
export const EVALUATED_AT = instant(Date.UTC(2026, 6, 20, 10));

export const POLICY_TEXT = readFileSync(
  new URL("../../../../policies/release-readiness.yaml", import.meta.url),
  "utf8",
);

const read = new Map<string, Policy>();

/** A policy that is one; each text is read once. */
export function policyOf(text: string): Policy {
  const known = read.get(text);
  if (known !== undefined) return known;
  const parsed = parsePolicy(text);
  assert(parsed.ok, parsed.ok ? "" : parsed.errors.map(({ path, message }) => `${path} ${message}`).join("; "));
  read.set(text, parsed.value);
  return parsed.value;
}

export interface ReleaseGiven {
  /** Members that a report has instead; null where it is not there; text where it is this text. */
  readonly reports?: { readonly [id: string]: JsonObject | string | null };
  readonly context?: JsonObject;
  /** Members of `context.json` beside the candidate. */
  readonly document?: JsonObject;
  /** Files beside those of a release. */
  readonly more?: { readonly [name: string]: string };
  readonly jobs?: { readonly [job: string]: string } | null;
  readonly history?: Json;
  /** How the lineage is other than the reports say. */
  readonly lineage?: (lineage: JsonObject) => JsonObject;
  readonly profile?: string;
  readonly policy?: string;
  readonly waivers?: Json;
  readonly place?: Partial<WaiverInput["place"]>;
  readonly at?: Instant;
}

/** A folder of evidence in which everything is as it should be, but for what is given. */
export function releaseFiles(given: ReleaseGiven): { readonly [name: string]: string } {
  const policyDigest = `sha256:${policyOf(given.policy ?? POLICY_TEXT).digest}`;
  const subject = { commit: "c0ffee", branch: "main", registry_ref: "r1", policy_digest: policyDigest };
  const texts = [...REPORTS, MANUAL_EVIDENCE, CHANGE_APPROVAL].flatMap((kind) => {
    const change = given.reports?.[kind.id] ?? (isBrought(kind) ? {} : null);
    if (given.reports?.[kind.id] === null || change === null) return [];
    return [[kind, typeof change === "string" ? change : textOf(kind, subject, change)] as const];
  });
  const lineage = sealed((given.lineage ?? ((one) => one))(lineageOf(texts, subject)));
  const contract = textOf(LINEAGE_CONTRACT, subject, {});
  const digests = Object.fromEntries(texts.map(([{ id }, text]) => [id, digestIn(text)]));
  const jobs = Object.fromEntries(REQUIRED_JOBS.map((job) => [job, { result: given.jobs?.[job] ?? "success" }]));
  const others = Object.entries(given.reports ?? {}).flatMap(([id, change]) => {
    if (!/^R3[56]-/.test(id) || change === null || typeof change === "string") return [];
    const kind = id.startsWith("R35-")
      ? bundlePromotion(id.slice("R35-".length))
      : externalLineage(id.slice("R36-".length));
    return [[`${id}.json`, textOf(kind, subject, change)] as const];
  });
  return {
    "context.json": JSON.stringify({
      context: { ...CONTEXT, ...given.context },
      policy: { digest: policyDigest, approved_digest: policyDigest },
      use_cases: Object.fromEntries(
        [...USE_CASES].map(([useCase, shownBy]) => [
          useCase,
          { evidence: shownBy.flatMap((id) => (digests[id] === undefined ? [] : [{ id, digest: digests[id] }])) },
        ]),
      ),
      ...given.document,
    }),
    ...(given.jobs === null ? {} : { "jobs.json": JSON.stringify(jobs) }),
    "slo_history.json": JSON.stringify(given.history ?? []),
    ...Object.fromEntries(texts.map(([{ id }, text]) => [`${id}.json`, text])),
    "R32.json": lineage,
    "R32-contract.json": contract,
    ...Object.fromEntries(others),
  };
}

const isBrought = ({ id }: ReportKind): boolean => id !== MANUAL_EVIDENCE.id && id !== CHANGE_APPROVAL.id;

const CONTEXT = {
  event: "push",
  branch: "main",
  is_release_branch: true,
  commit: "c0ffee",
  registry_ref: "r1",
  run_id: "run-100",
  run_url: "https://ci.example/runs/100",
};

/** What a report has beside its envelope. */
const BODIES: { readonly [id: string]: JsonObject } = {
  R01: { total: 10, passed: 10, failed: 0 },
  R02: { summary: { violations: 0 } },
  R04: { summary: { total: 5, failed: 0 } },
  R05: { coverage_ratio: 1 },
  R06: { executability_ratio: 1 },
  R09: { summary: { total: 4, matched: 4, mismatched: 0 } },
  R11: {
    summary: {
      total_scenarios: 16,
      expected_total_scenarios: 16,
      failed_scenarios: 0,
      total_tests: 48,
      expected_total_tests: 48,
      failed_tests: 0,
    },
  },
  R12: { summary: { expected_total_executions: 6, completed_executions: 6, failed_executions: 0, drift: "none" } },
  ...Object.fromEntries(
    ["R13", "R14", "R15"].map((id) => [id, { summary: { total_tests: 3, expected_total_tests: 3, failed_tests: 0 } }]),
  ),
  R17: { side_effect_gaps: [] },
  R18: {
    environments: {
      dev_to_staging: { ready: true },
      staging_to_prod: { automated_ready: true, ready: true },
    },
  },
  R22: { facts: { checks_up_to_date: "proven" } },
  R27: { slo_status: "ok", metrics: [{ metric: "ci_pass_rate:smoke", stage: "ok" }] },
  R29: { slo_status: "ok", metrics: [{ metric: "dx_ttfs_seconds", stage: "ok" }] },
};

const GENERATED_AT = formatInstant(instant(EVALUATED_AT - 3_600_000));

function textOf({ id, job, contract }: ReportKind, subject: JsonObject, change: JsonObject): string {
  const body = BODIES[id] ?? {};
  const producer = { tool: "t", tool_version: "1", workflow: "verify", job_id: job, run_id: "run-100", attempt: 1 };
  const summary = { ...members(body.summary), ...members(change.summary) };
  const whole = {
    contract,
    schema_version: "1.0",
    report_id: id,
    generated_at: GENERATED_AT,
    producer,
    subject,
    status: "passed",
    completeness: { expected: 1, executed: 1 },
    ...body,
    ...change,
    summary,
  };
  return sealed(whole);
}

const members = (value: Json | undefined): JsonObject => (value !== undefined && isJsonObject(value) ? value : {});

/** With the digest that it has. */
const sealed = (document: JsonObject): string =>
  JSON.stringify({ ...document, digest: `sha256:${digestOf(document)}` });

function digestIn(text: string): string {
  const value: Json = text.startsWith("{") && text.endsWith("}") ? JSON.parse(text) : {};
  return isJsonObject(value) && typeof value.digest === "string" ? value.digest : "none";
}

/** The lineage of the reports that are there, as their jobs made them. */
function lineageOf(known: readonly (readonly [ReportKind, string])[], subject: JsonObject): JsonObject {
  return {
    contract: LINEAGE.contract,
    schema_version: "2.0",
    stage: "pre",
    generated_at: GENERATED_AT,
    candidate: subject,
    status: "passed",
    completeness_checks: [{ check_id: "LC-02", passed: true, detail: "" }],
    lineage: {
      nodes: known.map(([{ id }, text]) => ({ id: `artifact.${id}`, type: "artifact", digest: digestIn(text) })),
      edges: known.map(([{ id, job }]) => ({
        source: `job.${job}`,
        target: `artifact.${id}`,
        relation: "produces",
        status: "observed",
      })),
    },
  };
}

/** What a person attests where the platform cannot be asked for a branch's rules. */
export const PROOF = {
  reviewer: "rita",
  reviewer_role: "repo_admin",
  verified_at: "2026-07-19T10:00:00Z",
  facts: Object.fromEntries(
    [
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
    ].map((fact) => [fact, "confirmed"]),
  ),
  attachments: ["ruleset_overview", "ruleset_rules", "ruleset_required_checks", "ruleset_bypass"].map((kind) => ({
    name: `${kind}.png`,
    sha256: "0",
    media_type: "image/png",
    kind,
  })),
  exit_criteria: {
    all_automated_reports_collected: true,
    all_manual_evidence_captured: true,
    policy_documents_up_to_date: true,
    verification_passed: true,
  },
};

export const ROSTER = { ann: ["operator"], olga: ["release_owner"], dave: ["operator"] };

/** Decides on a folder that is as it should be, but for what is given. */
export function evaluated(given: ReleaseGiven): FileEvaluation {
  const result = evaluateFiles(
    {
      policy: policyOf(given.policy ?? POLICY_TEXT),
      profile: given.profile ?? "strict",
      files: Object.entries({ ...releaseFiles(given), ...given.more }).map(([name, text]) => ({ name, text })),
      decidedAt: given.at ?? EVALUATED_AT,
      waivers:
        given.waivers === undefined
          ? null
          : {
              source:
                typeof given.waivers === "string"
                  ? given.waivers
                  : JSON.stringify({ contract: "release_exceptions_v2", exceptions: given.waivers }),
              roster: ROSTER,
              place: { branch: "main", environment: "dev", commit: "c0ffee", bundle_digest: null, ...given.place },
              history: [],
            },
    },
    [RELEASE_READINESS],
  );
  assert(result.ok, "the evaluation is made");
  return result.value;
}

export function rowOf({ decision }: FileEvaluation, id: string): GateRow {
  const row = decision.gates.find((one) => one.id === id);
  assert(row !== undefined, `the decision has a row ${id}`);
  return row;
}

/** The status, severity and standing of rows, by id. */
export function standingsOf(given: ReleaseGiven, ids: readonly string[]) {
  const evaluation = evaluated(given);
  return ids.map((id) => {
    const { status, severity, standing } = rowOf(evaluation, id);
    return [id, status, severity, standing] as const;
  });
}
