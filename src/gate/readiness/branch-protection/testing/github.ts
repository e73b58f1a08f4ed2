import { assert, instant, type Json, type JsonObject } from "../../../../contracts/index.ts";
import { type Answer, readAnswer } from "../answers.ts";
import { type ProtectionInput, protectionReports } from "../reports.ts";
import { CANONICAL_CHECKS } from "../required-checks.ts";

export const AT = instant(Date.UTC(2026, 6, 20, 10));

/** Rules that keep a branch as every fact asks for it, as the platform tells them. */
export const RULES: readonly JsonObject[] = [
  { type: "deletion" },
  { type: "non_fast_forward" },
  {
    type: "pull_request",
    parameters: {
      required_approving_review_count: 1,
      dismiss_stale_reviews_on_push: true,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_review_thread_resolution: true,
    },
  },
  {
    type: "required_status_checks",
    parameters: {
      strict_required_status_checks_policy: true,
      required_status_checks: CANONICAL_CHECKS.map((context) => ({ context, integration_id: 15368 })),
    },
  },
];

/** The same with some members of one rule's parameters otherwise. */
export const rulesWith = (type: string, parameters: JsonObject): readonly JsonObject[] =>
  RULES.map((rule) =>
    rule.type === type ? { ...rule, parameters: { ...Object(rule.parameters), ...parameters } } : rule,
  );

export const rulesWithout = (type: string): readonly JsonObject[] => RULES.filter((rule) => rule.type !== type);

/** Rules as they hold for a branch, from whichever ruleset they come. */
export const effective = (rules = RULES): Json =>
  rules.map((rule) => ({ ...rule, ruleset_source_type: "Repository", ruleset_source: "acme/shop", ruleset_id: 42 }));

export const ruleset = (other: JsonObject = {}): JsonObject => ({
  id: 42,
  name: "main is kept",
  target: "branch",
  source_type: "Repository",
  source: "acme/shop",
  enforcement: "active",
  conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
  rules: [...RULES],
  bypass_actors: [{ actor_id: 5, actor_type: "RepositoryRole", bypass_mode: "always" }],
  updated_at: "2026-07-01T00:00:00Z",
  ...other,
});

/** Protection from before rulesets, for one branch. */
export const classic = (other: JsonObject = {}): JsonObject => ({
  url: "https://api.github.com/repos/acme/shop/branches/main/protection",
  required_status_checks: {
    strict: true,
    contexts: [...CANONICAL_CHECKS],
    checks: CANONICAL_CHECKS.map((context) => ({ context, app_id: null })),
  },
  enforce_admins: { url: "https://api.github.com/x", enabled: true },
  required_pull_request_reviews: {
    dismiss_stale_reviews: true,
    require_code_owner_reviews: false,
    required_approving_review_count: 1,
  },
  required_conversation_resolution: { enabled: true },
  allow_force_pushes: { enabled: false },
  allow_deletions: { enabled: false },
  ...other,
});

export function answerOf(value: Json): Answer {
  const read = readAnswer(value, "the answer");
  assert(read.ok, read.ok ? "" : read.refusal.message);
  return read.value;
}

/** Jobs as workflows define them, one for each check. */
export const WORKFLOW = `on: push\njobs:\n${CANONICAL_CHECKS.map((name) => `  ${name}:\n    runs-on: ubuntu-latest\n`).join("")}`;

export const CANONICAL = {
  required_status_checks: [...CANONICAL_CHECKS],
  check_job_mapping: Object.fromEntries(
    CANONICAL_CHECKS.map((name) => [name, { workflow: ".github/workflows/ci.yml", job_id: name }]),
  ),
};

export const DOCUMENT = `Required: ${CANONICAL_CHECKS.join(", ")}.`;

/** Reports about a repository that is kept as it should be, but for what is given. */
export function reports(answers: readonly Json[], other: Partial<ProtectionInput> = {}) {
  const made = protectionReports({
    context: {
      context: {
        event: "push",
        branch: "main",
        is_release_branch: true,
        commit: "c0ffee",
        registry_ref: "r1",
        run_id: "run-100",
        run_url: "",
      },
      policy: { digest: "sha256:p", approved_digest: "sha256:p" },
    },
    repository: "acme/shop",
    branches: ["main"],
    defaultBranch: "main",
    answers: answers.map(answerOf),
    canonical: CANONICAL,
    ground: { policyDocument: DOCUMENT, workflows: new Map([["ci.yml", WORKFLOW]]) },
    bypass: { actors: ["RepositoryRole:5"], reviewedAt: "2026-07-01T00:00:00Z" },
    at: AT,
    reportId: (kind) => `report-${kind}`,
    toolVersion: "0.0.0",
    ...other,
  });
  const [r20, r21, r22] = made;
  assert(r20 !== undefined && r21 !== undefined && r22 !== undefined, "there are three reports");
  return { r20, r21, r22 };
}
