import { describe, expect, test } from "vitest";
import { isJsonObject, type Json, type JsonObject } from "../../../contracts/index.ts";
import { readAnswer } from "./answers.ts";
import { FACTS } from "./facts.ts";
import type { ProtectionInput } from "./reports.ts";
import { readCanonicalChecks } from "./required-checks.ts";
import {
  CANONICAL,
  classic,
  DOCUMENT,
  effective,
  reports,
  ruleset,
  rulesWith,
  rulesWithout,
  WORKFLOW,
} from "./testing/github.ts";

/** A fact of R22, and what the report comes to. */
function told(answers: readonly Json[], fact: string, other: Partial<ProtectionInput> = {}): string {
  const { r22 } = reports(answers, other);
  const { facts } = r22.document;
  const one = isJsonObject(facts) ? facts[fact] : undefined;
  return `${isJsonObject(one) ? String(one.state) : "none"}, ${r22.status}`;
}

const NOT_ALLOWED = { message: "Resource not accessible by integration", status: "403" };

test("BP-03 a branch that is kept as it should be passes, by rulesets and by protection from before them", () => {
  for (const answers of [[ruleset()], [effective(), ruleset()], [classic()]]) {
    const { r22 } = reports(answers);

    expect(r22).toMatchObject({ status: "passed", document: { failures: [], summary: { total: 10, failed: 0 } } });
  }
});

describe("BP-03 each fact fails where a source was read and does not show it, and its report with it", () => {
  test.each([
    ["protection_active", ruleset({ enforcement: "disabled" })],
    ["protection_active", ruleset({ enforcement: "evaluate" })],
    ["protection_active", ruleset({ target: "tag" })],
    ["protection_active", []],
    ["protection_active", { message: "Branch not protected", status: "404" }],
    ["pull_request_required", ruleset({ rules: rulesWithout("pull_request") })],
    ["approvals", ruleset({ rules: rulesWith("pull_request", { required_approving_review_count: 0 }) })],
    ["approvals", ruleset({ rules: rulesWith("pull_request", { required_approving_review_count: "2" }) })],
    ["approvals", ruleset({ rules: rulesWith("pull_request", { required_approving_review_count: null }) })],
    ["approvals", classic({ required_pull_request_reviews: { dismiss_stale_reviews: true } })],
    [
      "stale_approvals_dismissed",
      ruleset({ rules: rulesWith("pull_request", { dismiss_stale_reviews_on_push: false }) }),
    ],
    ["conversations_resolved", classic({ required_conversation_resolution: { enabled: false } })],
    ["status_checks", ruleset({ rules: rulesWithout("required_status_checks") })],
    [
      "checks_up_to_date",
      classic({ required_status_checks: { strict: false, contexts: CANONICAL.required_status_checks } }),
    ],
    ["force_push_blocked", ruleset({ rules: rulesWithout("non_fast_forward") })],
    ["deletion_blocked", classic({ allow_deletions: { enabled: true } })],
  ])("%s: %#", (fact, answer) => {
    expect(told([answer], fact)).toBe("failed, failed");
  });

  test("W30 a check is required by exactly its name: runtime_canary_v2 is not runtime_canary", () => {
    const checks = CANONICAL.required_status_checks.map((name) => ({ context: name.replace("canary", "canary_v2") }));

    expect(
      told(
        [ruleset({ rules: rulesWith("required_status_checks", { required_status_checks: checks }) })],
        "status_checks",
      ),
    ).toBe("failed, failed");
  });
});

describe("BP-03 who may go around the rules", () => {
  const by = (actor_type: string, bypass_mode: string, actor_id: number | null = 7) =>
    ruleset({ bypass_actors: [{ actor_id, actor_type, bypass_mode }] });
  const listed = (...actors: string[]) => ({ bypass: { actors, reviewedAt: "2026-07-01T00:00:00Z" } });

  test.each([
    [
      "an administrator, always, who is on the list",
      by("RepositoryRole", "always", 5),
      listed("RepositoryRole:5"),
      "proven, passed",
    ],
    ["a team on the list, by pull request", by("Team", "pull_request"), listed("Team:7"), "proven, passed"],
    ["an administrator who is not on the list", by("RepositoryRole", "always", 5), listed(), "failed, failed"],
    ["a team on the list, always", by("Team", "always"), listed("Team:7"), "failed, failed"],
    ["an app on the list, exempt", by("Integration", "exempt"), listed("Integration:7"), "failed, failed"],
    ["a kind of bypass that is not known", by("Team", "on_mondays"), listed("Team:7"), "unobservable, unverified"],
    [
      "administrators whom protection does not bind",
      classic({ enforce_admins: { enabled: false } }),
      listed(),
      "failed, failed",
    ],
    [
      "a list that nobody looked at for 91 days",
      ruleset(),
      { bypass: { actors: ["RepositoryRole:5"], reviewedAt: "2026-04-20T09:59:59Z" } },
      "failed, failed",
    ],
    [
      "a list that was looked at tomorrow",
      ruleset(),
      { bypass: { actors: ["RepositoryRole:5"], reviewedAt: "2026-07-21T00:00:00Z" } },
      "failed, failed",
    ],
    [
      "a ruleset that does not show it to whoever asked",
      ruleset({ bypass_actors: null }),
      listed(),
      "unobservable, unverified",
    ],
    ["rules of the branch, which never say", effective(), listed(), "unobservable, unverified"],
  ])("%s", (_, answer, other, expected) => {
    expect(told([answer], "bypass", other)).toBe(expected);
  });

  test("one source without strangers makes up for no other", () => {
    expect(told([classic(), by("Team", "always")], "bypass", listed("Team:7"))).toBe("failed, failed");
  });
});

describe("BP-04, BP-05: sources are merged", () => {
  test("a fact holds where any source proves it, and fails where one was read and none does", () => {
    const half = ruleset({ rules: rulesWithout("deletion") });

    expect(told([half, classic()], "deletion_blocked")).toBe("proven, passed");
    expect(told([half, NOT_ALLOWED], "deletion_blocked")).toBe("failed, failed");
  });

  test("nothing that could be read leaves every fact unobservable, and the report unverified", () => {
    const { r22 } = reports([NOT_ALLOWED, { message: "Not Found", status: "404" }]);

    expect(r22).toMatchObject({
      status: "unverified",
      document: { checks: [], summary: { total: 0, unverified: FACTS.map(([fact]) => fact) } },
    });
  });

  test("a word that is not known proves nothing and shows no failure: an enforcement, a list of names alone", () => {
    expect(told([ruleset({ enforcement: "sometimes" })], "approvals")).toBe("unobservable, unverified");
    expect(told([[{ id: 42, name: "main is kept", enforcement: "active" }]], "approvals")).toBe(
      "unobservable, unverified",
    );
  });

  test("W29 a ruleset that is there and does not enforce fails, whatever a person says", () => {
    expect(told([ruleset({ enforcement: "disabled" })], "protection_active")).toBe("failed, failed");
  });
});

describe("BP-03 which branches a ruleset is about", () => {
  test.each([
    [["~ALL"], [], "proven"],
    [["~DEFAULT_BRANCH"], [], "proven"],
    [["refs/heads/main"], [], "proven"],
    [["refs/heads/m?in"], [], "proven"],
    [["refs/heads/**"], [], "proven"],
    [["refs/heads/release/*"], [], "failed"],
    [["refs/heads/main.*"], [], "failed"],
    [["main"], [], "failed"],
    [["~ALL"], ["refs/heads/ma*"], "failed"],
    [[], [], "failed"],
  ])("include %j, exclude %j: %s", (include, exclude, state) => {
    const one = ruleset({ conditions: { ref_name: { include, exclude } } });

    expect(told([one], "protection_active").split(",")[0]).toBe(state);
  });

  test("a fact holds of all release branches or of none", () => {
    const two = { branches: ["main", "release/1.x"] };
    const both = ruleset({
      conditions: { ref_name: { include: ["~DEFAULT_BRANCH", "refs/heads/release/*"], exclude: [] } },
    });

    expect(told([both], "approvals", two)).toBe("proven, passed");
    expect(told([ruleset()], "approvals", two)).toBe("failed, failed");
  });
});

describe("BP-02 the canonical list, the document, the mapping and the workflows agree", () => {
  test("where they do, both reports pass", () => {
    const { r20, r21 } = reports([ruleset()]);

    expect([r20.status, r21.status]).toEqual(["passed", "passed"]);
  });

  const failures = (document: JsonObject) => document.failures;
  const { runtime_canary: canary, ...others } = CANONICAL.check_job_mapping;
  const ground = { policyDocument: DOCUMENT, workflows: new Map([["ci.yml", WORKFLOW]]) };

  test.each<[string, Partial<ProtectionInput>, string]>([
    [
      "one of the five is not in the list",
      { canonical: { ...CANONICAL, required_status_checks: CANONICAL.required_status_checks.slice(1) } },
      "listed:cognitive-quality-gates: `required_status_checks` does not have it",
    ],
    ...["release_readiness_gate", "release_lineage"].map((gate): [string, Partial<ProtectionInput>, string] => [
      `GATE-15 ${gate} itself is not in the list`,
      {
        canonical: {
          ...CANONICAL,
          required_status_checks: CANONICAL.required_status_checks.filter((name) => name !== gate),
        },
      },
      `listed:${gate}: \`required_status_checks\` does not have it`,
    ]),
    [
      "a check has no job",
      { canonical: { ...CANONICAL, check_job_mapping: others } },
      "mapped:runtime_canary: it is mapped to no job",
    ],
    [
      "the workflow is not there",
      { ground: { ...ground, workflows: new Map() } },
      "mapped:runtime_canary: there is no workflow .github/workflows/ci.yml",
    ],
    [
      "the job only occurs in the text",
      {
        ground: {
          ...ground,
          workflows: new Map([["ci.yml", WORKFLOW.replace("  runtime_canary:", "  # runtime_canary:\n  other:")]]),
        },
      },
      "mapped:runtime_canary: .github/workflows/ci.yml has no job runtime_canary",
    ],
    [
      "the workflow cannot be parsed",
      { ground: { ...ground, workflows: new Map([["ci.yml", "jobs: ["]]) } },
      "mapped:runtime_canary: .github/workflows/ci.yml cannot be read",
    ],
    [
      "the document names another check",
      { ground: { ...ground, policyDocument: DOCUMENT.replace("runtime_canary", "runtime_canary_v2") } },
      "documented:runtime_canary: the policy document does not name it",
    ],
  ])("%s", (_, other, failure) => {
    expect(canary).toBeDefined();
    expect(failures(reports([ruleset()], other).r21.document)).toContain(failure);
    expect(reports([ruleset()], other).r21.status).toBe("failed");
  });

  test("what is no such list is refused", () => {
    expect(readCanonicalChecks('{"required_status_checks": []}')).toMatchObject({
      refusal: { code: "EVIDENCE_ANSWER_UNKNOWN" },
    });
    expect(readCanonicalChecks("{")).toMatchObject({ ok: false });
  });
});

test.each([
  ["a number", 7],
  ["a commit", { sha: "c0ffee" }],
  ["a list of people", [{ login: "octocat" }]],
])("%s is no answer that says something of a branch", (_, value) => {
  expect(readAnswer(value, "`x.json`")).toMatchObject({ refusal: { code: "EVIDENCE_ANSWER_UNKNOWN" } });
});
