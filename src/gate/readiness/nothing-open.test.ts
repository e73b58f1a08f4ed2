import { describe, expect, test } from "vitest";
import { REPORTS, USE_CASES } from "./catalogue.ts";
import { evaluated, releaseFiles, rowOf } from "./testing/release.ts";

/** What a release comes to when one thing of its evidence is otherwise: how it ends, and one row that says why. */
describe("one thing that is not as it should be, and a release is NO-GO", () => {
  const SHADOW = "policy_shadow_status_passed";

  test.each<
    [what: string, given: Parameters<typeof evaluated>[0], cause: "failed" | "missing", row: string, status: string]
  >([
    ["a report that is missing", { reports: { R09: null } }, "missing", SHADOW, "UNKNOWN"],
    ["a report that is cut off", { reports: { R09: '{"contract": "policy_sh' } }, "missing", SHADOW, "UNKNOWN"],
    [
      "a report made tomorrow",
      { reports: { R09: { generated_at: "2026-07-21T10:00:00Z" } } },
      "missing",
      SHADOW,
      "UNKNOWN",
    ],
    [
      "a report of last week",
      { reports: { R09: { generated_at: "2026-07-10T10:00:00Z" } } },
      "missing",
      SHADOW,
      "UNKNOWN",
    ],
    ["a report of a status that nobody knows", { reports: { R09: { status: "fine" } } }, "failed", SHADOW, "FAIL"],
    ["a report without a status", { reports: { R09: { status: null } } }, "failed", SHADOW, "FAIL"],
    [
      "a report of another contract",
      { reports: { R09: { contract: "policy_shadow_v9" } } },
      "missing",
      SHADOW,
      "UNKNOWN",
    ],
    [
      "a report that was not finished",
      { reports: { R09: { completeness: { expected: 2, executed: 1 } } } },
      "missing",
      SHADOW,
      "UNKNOWN",
    ],
    [
      "a report of another commit",
      { reports: { R09: { subject: { commit: "x", registry_ref: "r1", policy_digest: "p" } } } },
      "failed",
      "evidence_subject_match:R09",
      "FAIL",
    ],
    [
      "a policy that nobody approved",
      { document: { policy: { digest: "sha256:other", approved_digest: "sha256:other" } } },
      "failed",
      "policy_digest_approved",
      "FAIL",
    ],
    ["an event of a kind that nobody knows", { context: { event: "party" } }, "failed", "context_load", "FAIL"],
    ["a job that ended as nobody knows", { jobs: { smoke: "sort of" } }, "failed", "job_result:smoke", "FAIL"],
    ["a history that is none", { history: "none" }, "missing", "slo_repeated_breach", "UNKNOWN"],
  ])("%s", (_, given, cause, row, status) => {
    const evaluation = evaluated(given);

    expect(evaluation.decision).toMatchObject({ verdict: "NO-GO", cause });
    expect(rowOf(evaluation, row).status).toBe(status);
  });
});

test("GATE-03 a push, a pull request, a schedule and a run by hand are decided, each under its profile", () => {
  for (const event of ["push", "pull_request", "schedule", "manual"]) {
    const profile = event === "push" ? "strict" : "transitional";

    expect(evaluated({ context: { event }, profile }).decision).toMatchObject({ verdict: "GO", profile });
  }
});

test("EVD-14 every job of the pipeline has to have succeeded, and one that is not told of has not", () => {
  const told = evaluated({ jobs: { pin_drift_guard: "skipped" } });

  expect(told.decision.blocked_by).toContain("job_result:pin_drift_guard");
  expect(evaluated({ jobs: null }).decision).toMatchObject({ verdict: "NO-GO" });
});

test.each(["constructor", "__proto__", "toString"])("GATE-08 what every object has, `%s`, is no status", (word) => {
  const said = evaluated({ reports: { R07: { status: word } } });

  expect(rowOf(said, "policy_bundle_lifecycle_status_passed")).toMatchObject({
    status: "FAIL",
    reasons: [expect.anything(), "STATUS_UNRECOGNISED"],
  });
  expect(said.decision.verdict).toBe("NO-GO");
});

test("EVD-13 a report is found by its own name alone: what resembles it is no report", () => {
  const text = releaseFiles({})["R09.json"] ?? "";
  const more = { "R09-2.json": text, "r09.json": text, "latest-R09.json": text, "R09.json.bak": text };

  const told = evaluated({ reports: { R09: null }, more });

  expect(text).toContain("R09");
  expect(rowOf(told, "policy_shadow_status_passed").status).toBe("UNKNOWN");
  expect(told.decision).toMatchObject({ verdict: "NO-GO", cause: "missing" });
});

const { use_cases: NAMED } = JSON.parse(releaseFiles({})["context.json"] ?? "{}");

test.each([...USE_CASES])(
  "GEC-6 %s is asked for each report that shows it, and takes no other for it",
  (useCase, shownBy) => {
    const all: readonly { readonly id: string }[] = NAMED[useCase].evidence;
    const another = NAMED[useCase === "UC-07" ? "UC-03" : "UC-07"];
    const lacking = shownBy.map((report) => ({ evidence: all.filter(({ id }) => id !== report) }));

    for (const named of [{ evidence: [] }, another, ...lacking]) {
      const told = evaluated({ document: { use_cases: { ...NAMED, [useCase]: named } } });

      expect(told.decision).toMatchObject({ cause: "missing", blocked_by: [`use_case_evidence:${useCase}`] });
    }
  },
);

test("GATE-16 a low finding changes no decision", () => {
  const { decision } = evaluated({ reports: { R12: { summary: { drift: "D3" } } } });

  expect(decision.verdict).toBe("GO");
  expect(decision.spent.low).toBe(1);
});

/** R18 tells each transition's readiness, and what R28 measured is judged in R29. */
const ASKED = REPORTS.filter(({ id }) => id !== "R18" && id !== "R28");

test.each(ASKED.map(({ id, name }) => [id, name]))(
  "EVD-10 %s that says no (%s) keeps a version from being released",
  (id) => {
    const { decision } = evaluated({ reports: { [id]: { status: "failed" } } });

    expect(decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
  },
);
