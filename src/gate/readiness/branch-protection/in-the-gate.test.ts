import { describe, expect, test } from "vitest";
import type { Json } from "../../../contracts/index.ts";
import { executiveSummary } from "../executive-summary.ts";
import { readReleaseFolder } from "../gate-documents.ts";
import { EVALUATED_AT, evaluated, POLICY_TEXT, PROOF, policyOf, releaseFiles } from "../testing/release.ts";
import { classic, reports, ruleset } from "./testing/github.ts";

const POLICY_DIGEST = `sha256:${policyOf(POLICY_TEXT).digest}`;

/** Reports R20 to R22 as texts, about the release that the gate decides on. */
function texts(answers: readonly Json[]) {
  const { r20, r21, r22 } = reports(answers, {
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
      policy: { digest: POLICY_DIGEST, approved_digest: POLICY_DIGEST },
    },
  });
  return Object.fromEntries([r20, r21, r22].map(({ id, document }) => [id, JSON.stringify(document)]));
}

const summaryOf = (given: Parameters<typeof releaseFiles>[0], id: "R30" | "R31") => {
  const files = Object.entries(releaseFiles(given)).map(([name, text]) => ({ name, text }));
  const folder = readReleaseFolder(files, EVALUATED_AT);
  if (!folder.ok) throw new Error(folder.refusal.message);
  const { context, reports: texts } = folder.value;
  return executiveSummary(id, { context, reports: texts, at: EVALUATED_AT, reportId: () => "s", toolVersion: "0" });
};

describe("BP-01 what is imported of branch protection is what the release gate reads", () => {
  test("rules that keep the branch let a release through", () => {
    expect(evaluated({ reports: texts([ruleset(), classic()]) }).decision).toMatchObject({ verdict: "GO" });
  });

  test("W29 rules that are not enforced stop it, with a person's proof or without", () => {
    for (const more of [{}, { R23: PROOF }]) {
      const { decision } = evaluated({ reports: { ...texts([ruleset({ enforcement: "disabled" })]), ...more } });

      expect(decision).toMatchObject({ verdict: "NO-GO", cause: "failed" });
      expect(decision.blocked_by).toContain("github_branch_protection_status_passed");
    }
  });

  test("BP-06 what could not be asked is unknown, and a person's proof excuses it", () => {
    const unread = texts([{ message: "Not Found", status: "404" }]);
    const given = { reports: { ...unread, R23: PROOF } };
    const summary = JSON.stringify(summaryOf(given, "R30").document);

    expect(evaluated({ reports: unread }).decision).toMatchObject({ verdict: "NO-GO" });
    expect(evaluated({ reports: { ...given.reports, R30: summary } }).decision).toMatchObject({ verdict: "GO" });
  });
});

describe("EVD-20 a summary tells of a fixed list of reports, and says the worst of them", () => {
  test.each([
    ["all of them passed", {}, "passed"],
    ["one failed", { R24: { status: "failed" } }, "failed"],
    ["one has a status that nobody knows", { R24: { status: "fine" } }, "failed"],
    ["one is of another contract", { R24: { contract: "workflow_integrity_v9" } }, "failed"],
    ["one is unverified", { R24: { status: "unverified" } }, "unverified"],
    ["one is missing", { R24: null }, "unverified"],
    ["a service level failed, which is shown and changes nothing", { R27: { status: "failed" } }, "passed"],
  ])("%s: %s", (_, given, status) => {
    const made = summaryOf({ reports: given }, "R30");

    expect(made).toMatchObject({ status, document: { summary: { total_reports: 8 } } });
  });

  test("the runtime's is of the canary's reports", () => {
    expect(summaryOf({}, "R31")).toMatchObject({ status: "passed", document: { summary: { total_reports: 12 } } });
  });

  test("EVD-21 unverified is borne where it comes of the platform's silence alone", () => {
    const unread = texts([{ message: "Not Found", status: "404" }]);
    const given = { ...unread, R23: PROOF, R24: { status: "unverified" } };
    const summary = JSON.stringify(summaryOf({ reports: given }, "R30").document);

    expect(evaluated({ reports: { ...given, R30: summary } }).decision.blocked_by).toContain(
      "governance_exec_summary_not_failed",
    );
  });
});
