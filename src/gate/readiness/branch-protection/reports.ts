import { digestOf, formatInstant, type Instant, type Json, type JsonObject } from "../../../contracts/index.ts";
import { REPORTS } from "../catalogue.ts";
import type { GateContext } from "../gate-documents.ts";
import type { Answer } from "./answers.ts";
import { type BranchFacts, type BypassList, branchFacts, FACTS, type Fact, type FactState } from "./facts.ts";
import {
  type CanonicalChecks,
  consistencyChecks,
  documentChecks,
  type Ground,
  type ListCheck,
} from "./required-checks.ts";

/** Everything that reports about branch protection rest on. */
export interface ProtectionInput {
  readonly context: Pick<GateContext, "context" | "policy">;
  readonly repository: string;
  /** Release branches, the default one among them. */
  readonly branches: readonly string[];
  readonly defaultBranch: string;
  readonly answers: readonly Answer[];
  readonly canonical: CanonicalChecks;
  readonly ground: Ground;
  readonly bypass: BypassList;
  readonly at: Instant;
  readonly reportId: (kind: string) => string;
  readonly toolVersion: string;
}

/** A report as the release gate reads it. */
export interface ProtectionReport {
  readonly id: "R20" | "R21" | "R22";
  readonly status: "passed" | "failed" | "unverified";
  readonly document: JsonObject;
}

/** Reports R20 to R22: what the document, the workflows and the platform say of what keeps release branches. */
export function protectionReports(input: ProtectionInput): readonly ProtectionReport[] {
  const { canonical, ground } = input;
  return [
    listReport(input, "R20", documentChecks(canonical, ground)),
    listReport(input, "R21", consistencyChecks(canonical, ground)),
    platformReport(input),
  ];
}

function listReport(input: ProtectionInput, id: "R20" | "R21", checks: readonly ListCheck[]): ProtectionReport {
  const status = checks.every(({ passed }) => passed) ? "passed" : "failed";
  const body = { summary: summaryOf(checks), checks: checks.map((one) => ({ ...one })), failures: failuresOf(checks) };
  return { id, status, document: enveloped(input, { id, status, count: checks.length, body }) };
}

function platformReport(input: ProtectionInput): ProtectionReport {
  const { repository, branches, canonical, bypass: allowed, at, defaultBranch, answers } = input;
  const requiredChecks = canonical.required_status_checks;
  const all = branches.map((branch) => branchFacts(answers, { branch, defaultBranch, requiredChecks, allowed, at }));
  const facts = FACTS.map(([fact, severity]) => ({ fact, severity, ...worst(all, branches, fact) }));
  const open = facts.filter(({ state }) => state === "unobservable");
  const isUnverified = open.some(({ severity }) => severity !== "low");
  const status = facts.some(({ state }) => state === "failed") ? "failed" : isUnverified ? "unverified" : "passed";
  const checks = facts
    .filter(({ state }) => state !== "unobservable")
    .map(({ fact, state, source }) => ({ check_id: fact, passed: state === "proven", detail: source }));
  const updated = updatedAt(answers);
  const body = {
    repository,
    branches: [...branches],
    required_checks: [...requiredChecks],
    ...(updated === null ? {} : { ruleset_updated_at: updated }),
    summary: { ...summaryOf(checks), unverified: open.map(({ fact }) => fact) },
    checks,
    failures: failuresOf(checks),
    facts: Object.fromEntries(facts.map(({ fact, state, source }) => [fact, { state, source }])),
  };
  return { id: "R22", status, document: enveloped(input, { id: "R22", status, count: facts.length, body }) };
}

const ORDER = ["failed", "unobservable", "proven"] as const;

/** A fact holds of all branches or of none: the worst of them, with where that is. */
function worst(all: readonly BranchFacts[], branches: readonly string[], fact: Fact): FactState {
  const told = all.map((facts, index) => ({ ...facts[fact], branch: branches[index] ?? "" }));
  const bad = ORDER.map((state) => told.find((one) => one.state === state)).find((one) => one !== undefined);
  if (bad === undefined) return { state: "unobservable", source: "no branch was asked about" };
  return { state: bad.state, source: branches.length === 1 ? bad.source : `${bad.branch}: ${bad.source}` };
}

/** When a ruleset was last changed: a person's proof from before that says nothing. */
function updatedAt(answers: readonly Answer[]): string | null {
  const all = answers.flatMap((answer) =>
    answer.kind === "rulesets" ? answer.rulesets.flatMap((ruleset) => ruleset.updatedAt ?? []) : [],
  );
  return all.toSorted().at(-1) ?? null;
}

function summaryOf(checks: readonly { readonly passed: boolean }[]) {
  const passed = checks.filter((one) => one.passed).length;
  return {
    total: checks.length,
    passed,
    failed: checks.length - passed,
    pass_ratio: checks.length === 0 ? 0 : passed / checks.length,
  };
}

const failuresOf = (checks: readonly ListCheck[]): readonly string[] =>
  checks.flatMap(({ check_id, passed, detail }) => (passed ? [] : [`${check_id}: ${detail}`]));

interface Enveloped {
  readonly id: "R20" | "R21" | "R22";
  readonly status: string;
  readonly count: number;
  readonly body: { readonly [member: string]: Json };
}

function enveloped(input: ProtectionInput, { id, status, count, body }: Enveloped): JsonObject {
  const { context, policy } = input.context;
  const kind = REPORTS.find((one) => one.id === id);
  const document: JsonObject = {
    contract: kind?.contract ?? "",
    schema_version: "1.0",
    report_id: input.reportId(id),
    generated_at: formatInstant(input.at),
    producer: {
      tool: "countermark",
      tool_version: input.toolVersion,
      workflow: "countermark evidence import",
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
  return { ...document, digest: `sha256:${digestOf(document)}` };
}
