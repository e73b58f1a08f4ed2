import type { JsonObject } from "../../../contracts/index.ts";
import { checkedReport, failuresOf, type MadeReport, type Maker, madeReport, summaryOf } from "../made-report.ts";
import type { Answer } from "./answers.ts";
import { type BranchFacts, type BypassList, branchFacts, FACTS, type Fact, type FactState } from "./facts.ts";
import { type CanonicalChecks, consistencyChecks, documentChecks, type Ground } from "./required-checks.ts";

/** Everything that reports about branch protection rest on. */
export interface ProtectionInput extends Maker {
  readonly repository: string;
  /** Release branches, the default one among them. */
  readonly branches: readonly string[];
  readonly defaultBranch: string;
  readonly answers: readonly Answer[];
  readonly canonical: CanonicalChecks;
  readonly ground: Ground;
  readonly bypass: BypassList;
}

/** Reports R20 to R22: what the document, the workflows and the platform say of what keeps release branches. */
export function protectionReports(input: ProtectionInput): readonly MadeReport[] {
  const { canonical, ground } = input;
  return [
    checkedReport(input, "R20", documentChecks(canonical, ground)),
    checkedReport(input, "R21", consistencyChecks(canonical, ground)),
    platformReport(input),
  ];
}

function platformReport(input: ProtectionInput): MadeReport {
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
  const body: JsonObject = {
    repository,
    branches: [...branches],
    required_checks: [...requiredChecks],
    ...(updated === null ? {} : { ruleset_updated_at: updated }),
    summary: { ...summaryOf(checks), unverified: open.map(({ fact }) => fact) },
    checks,
    failures: failuresOf(checks),
    facts: Object.fromEntries(facts.map(({ fact, state, source }) => [fact, { state, source }])),
  };
  return madeReport(input, { id: "R22", status, count: facts.length, body });
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
