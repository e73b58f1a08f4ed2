import { type Instant, parseInstant } from "../../../contracts/index.ts";
import { ADMINS, type Answer, type Bypass, type Rule, type Ruleset } from "./answers.ts";

/*
 * What keeps a branch, from what the platform says of it.
 *
 * B1 A fact is proven where a source that was read proves it, failed where one was read and none does, unobservable where none
 *    could be read.
 * B2 Who may go around the rules is judged by every source that was read: one list without strangers makes up for no other.
 * B3 Whatever is not one of the words that are known proves nothing.
 */

/** Facts that are asked of every release branch, by severity, in their order. */
export const FACTS = [
  ["protection_active", "critical"],
  ["pull_request_required", "critical"],
  ["approvals", "critical"],
  ["stale_approvals_dismissed", "high"],
  ["conversations_resolved", "high"],
  ["status_checks", "critical"],
  ["checks_up_to_date", "low"],
  ["force_push_blocked", "high"],
  ["deletion_blocked", "high"],
  ["bypass", "high"],
] as const;

export type Fact = (typeof FACTS)[number][0];

export interface FactState {
  readonly state: "proven" | "failed" | "unobservable";
  /** Which answer proves it, or why none does. */
  readonly source: string;
}

export type BranchFacts = { readonly [fact in Fact]: FactState };

/** Who may go around the rules, and when somebody last looked at that list. */
export interface BypassList {
  readonly actors: readonly string[];
  readonly reviewedAt: string | null;
}

export interface Asked {
  readonly branch: string;
  readonly defaultBranch: string;
  readonly requiredChecks: readonly string[];
  readonly allowed: BypassList;
  readonly at: Instant;
}

/** One answer, read: the rules that it shows for the branch, and who it says may go around them. */
interface Source {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly isActive: boolean;
  /** Undefined where the answer never says; null where it was not shown to whoever asked. */
  readonly bypass: readonly Bypass[] | null | undefined;
}

/** What answers say of one branch (B1). */
export function branchFacts(answers: readonly Answer[], asked: Asked): BranchFacts {
  const sources = answers.flatMap((answer) => sourcesOf(answer, asked));
  const proven = (proves: (source: Source) => boolean): FactState => {
    const proof = sources.find(proves);
    if (proof !== undefined) return { state: "proven", source: proof.name };
    const isRead = sources.length > 0 && !sources.some(isUnsure);
    return isRead
      ? { state: "failed", source: `none of ${sources.map(({ name }) => name).join(", ")} shows it` }
      : { state: "unobservable", source: "no answer could be read" };
  };
  const rule = (type: string, holds: (parameters: Rule["parameters"]) => boolean = () => true) =>
    proven(({ rules }) => rules.some((one) => one.type === type && holds(one.parameters)));
  const reviews = (name: string, holds: (value: unknown) => boolean) =>
    rule("pull_request", (parameters) => holds(parameters[name]));
  const checked = new Set(sources.flatMap(({ rules }) => rules.flatMap(contextsOf)));
  return {
    protection_active: proven(({ isActive }) => isActive),
    pull_request_required: rule("pull_request"),
    approvals: reviews("required_approving_review_count", (count) => Number.isSafeInteger(count) && Number(count) >= 1),
    stale_approvals_dismissed: reviews("dismiss_stale_reviews_on_push", (value) => value === true),
    conversations_resolved: reviews("required_review_thread_resolution", (value) => value === true),
    status_checks: proven(
      ({ rules }) => rules.some(isOfChecks) && asked.requiredChecks.every((name) => checked.has(name)),
    ),
    checks_up_to_date: rule(
      "required_status_checks",
      (parameters) => parameters.strict_required_status_checks_policy === true,
    ),
    force_push_blocked: rule("non_fast_forward"),
    deletion_blocked: rule("deletion"),
    bypass: bypassFact(sources, asked),
  };
}

const isOfChecks = ({ type }: Rule): boolean => type === "required_status_checks";

/** Exactly as they are required; a rule of another kind requires none. */
function contextsOf(rule: Rule): readonly string[] {
  const required = rule.parameters.required_status_checks;
  if (!isOfChecks(rule) || !Array.isArray(required)) return [];
  return required.flatMap((one: unknown) =>
    typeof one === "object" && one !== null && "context" in one && typeof one.context === "string" ? [one.context] : [],
  );
}

const UNSURE = "enforcement unknown";
const isUnsure = ({ name }: Source): boolean => name.endsWith(UNSURE);

function sourcesOf(answer: Answer, asked: Asked): readonly Source[] {
  switch (answer.kind) {
    case "unread":
      return [];
    case "rules":
      return [
        { name: "rules of the branch", rules: answer.rules, isActive: answer.rules.length > 0, bypass: undefined },
      ];
    case "rulesets":
      return answer.rulesets.flatMap((ruleset) => rulesetSource(ruleset, asked));
    case "protection": {
      const { protection } = answer;
      const isOther = protection !== null && protection.branch !== null && protection.branch !== asked.branch;
      if (isOther) return [];
      return [
        {
          name: "protection of the branch",
          rules: protection?.rules ?? [],
          isActive: protection !== null,
          bypass: protection === null ? undefined : protection.bypass,
        },
      ];
    }
  }
}

const ENFORCEMENTS = ["active", "evaluate", "disabled"];

function rulesetSource(ruleset: Ruleset, asked: Asked): readonly Source[] {
  const { id, enforcement, target, rules, bypass } = ruleset;
  if (rules === null) return [];
  if (!ENFORCEMENTS.includes(enforcement))
    // B3
    return [{ name: `ruleset ${id}, ${UNSURE}`, rules: [], isActive: false, bypass: undefined }];
  const isActive = enforcement === "active" && target === "branch" && isAbout(ruleset, asked);
  return isActive
    ? [{ name: `ruleset ${id}`, rules, isActive, bypass }]
    : [{ name: `ruleset ${id}`, rules: [], isActive, bypass: undefined }];
}

const REF = "refs/heads/";

const isAbout = ({ include, exclude }: Ruleset, asked: Asked): boolean =>
  include.some((pattern) => matches(pattern, asked)) && !exclude.some((pattern) => matches(pattern, asked));

function matches(pattern: string, { branch, defaultBranch }: Asked): boolean {
  if (pattern === "~ALL") return true;
  if (pattern === "~DEFAULT_BRANCH") return branch === defaultBranch;
  return globOf(pattern).test(`${REF}${branch}`);
}

/** `**` over anything, `*` and `?` within a part of the name; anything else stands for itself. */
function globOf(pattern: string): RegExp {
  const parts = pattern.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("")}$`);
}

const MODES = ["always", "pull_request", "exempt"];
const REVIEW_MS = 90 * 86_400_000;

/** Only who is on the list goes around the rules, always only administrators, and somebody looked at the list lately (B2). */
function bypassFact(sources: readonly Source[], { allowed, at }: Asked): FactState {
  const told = sources.filter(({ bypass }) => bypass !== undefined);
  const [hidden] = told.filter(({ bypass }) => bypass === null);
  if (told.length === 0) return { state: "unobservable", source: "no answer says who may go around the rules" };
  for (const { name, bypass } of told)
    for (const { actor, mode } of bypass ?? []) {
      if (!MODES.includes(mode))
        return { state: "unobservable", source: `${name}: \`${mode}\` is no mode that is known` };
      const isStanding = mode !== "pull_request" && actor !== ADMINS;
      if (isStanding || !allowed.actors.includes(actor))
        return { state: "failed", source: `${name}: ${actor} may go around it (${mode})` };
    }
  if (hidden !== undefined)
    return { state: "unobservable", source: `${hidden.name} does not show who may go around it` };
  const reviewedAt = parseInstant(allowed.reviewedAt ?? "");
  const isReviewed = reviewedAt !== undefined && reviewedAt <= at && at - reviewedAt <= REVIEW_MS;
  return isReviewed
    ? { state: "proven", source: told.map(({ name }) => name).join(", ") }
    : { state: "failed", source: "nobody looked at the list of who may go around the rules in the last 90 days" };
}
