import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import { objectOf } from "./check.ts";
import { readGateDocuments } from "./gate-documents.ts";
import { promotionReadiness, type ReadinessInput, readinessVerified } from "./promotion-readiness.ts";
import { EVALUATED_AT, evaluated, type ReleaseGiven, releaseFiles, rowOf } from "./testing/release.ts";

/** A release's folder that is as it should be but for what is given, with R18 as it is made of it. */
function inputOf(reports: ReleaseGiven["reports"] = {}, approvals: number | null = 2): ReadinessInput {
  const files = Object.entries(releaseFiles({ reports })).map(([name, text]) => ({ name, text }));
  const { context, reports: texts } = readGateDocuments(files, EVALUATED_AT);
  return { context, reports: texts, approvals, at: EVALUATED_AT, reportId: () => "r", toolVersion: "0" };
}

const made = (...given: Parameters<typeof inputOf>) => promotionReadiness(inputOf(...given));

describe("R18: whether the ways to staging and prod are ready is made of the other reports, as the release gate asks these", () => {
  test("both are ready where everything passes and two people approved; to prod nobody is without them", () => {
    const { document, status } = made();

    expect(status).toBe("passed");
    expect(document).toMatchObject({
      contract: "policy_promotion_readiness_v2",
      producer: { job_id: "runtime_canary" },
      summary: {
        automated_checks_total: 6,
        automated_checks_passed: 6,
        automated_checks_failed: 0,
        runtime_canary_pass_ratio: 1,
        coverage_ratio: 1,
        executability_ratio: 1,
      },
      checks: { durability_passed: true, tenant_isolation_passed: true, coverage_ratio_passed: true },
      environments: {
        dev_to_staging: { ready: true, requires_shadow_parity: true },
        staging_to_prod: { automated_ready: true, ready: true, required_approvals: 2, approvals_recorded: 2 },
      },
    });
    expect(waysOf(made({}, 1))).toEqual([true, true, false]);
    expect(waysOf(made({}, null))).toEqual([true, true, null]);
  });

  test.each([
    ["R05", { coverage_ratio: 0.9 }, "coverage_ratio_passed"],
    ["R06", { executability_ratio: 0.9 }, "executability_ratio_passed"],
    ["R07", { status: "failed" }, "bundle_lifecycle_passed"],
    ["R09", { summary: { mismatched: 1 } }, "policy_shadow_passed"],
    ["R10", { status: "failed" }, "durability_passed"],
    ["R11", { summary: { failed_tests: 1 } }, "durability_passed"],
    ["R16", { status: "failed" }, "tenant_isolation_passed"],
  ])("what the gate does not pass of %s is not ready", (id, change, check) => {
    const { document, status } = made({ [id]: change });

    expect(status).toBe("failed");
    expect(objectOf(document.checks)).toMatchObject({ [check]: false });
    expect(waysOf({ document })).toEqual([false, false, false]);
  });

  test("what is not there, of another commit or imported leaves it unverified, never zero", () => {
    for (const change of [null, { subject: { commit: "another" } }, { imported: true }]) {
      const { document, status } = made({ R05: change });

      expect(status).toBe("unverified");
      expect(document).toMatchObject({
        summary: { runtime_canary_pass_ratio: null, coverage_ratio: null },
        checks: { coverage_ratio_passed: null, executability_ratio_passed: true },
      });
      expect(waysOf({ document })).toEqual([null, null, null]);
    }
  });

  test("the gate takes it as it is made: GO where it passes, unknown where it is unverified, failed where it failed", () => {
    const statusOf = (reports: ReleaseGiven["reports"]) => {
      const R18 = JSON.stringify(made(reports).document);
      return rowOf(evaluated({ reports: { ...reports, R18 } }), "promotion_readiness_status_passed").status;
    };

    expect(statusOf({})).toBe("PASS");
    expect(statusOf({ R05: null })).toBe("UNKNOWN");
    expect(statusOf({ R16: { status: "failed" } })).toBe("FAIL");
  });
});

describe("R19: a readiness that is reported is checked against the reports that it is made of", () => {
  const verified = (R18: JsonObject, reports: ReleaseGiven["reports"] = {}) =>
    readinessVerified(inputOf({ ...reports, R18: JSON.stringify(R18) }, null));

  test("what comes of them passes, whoever approved", () => {
    expect(verified(made().document)).toMatchObject({ id: "R19", status: "passed" });
    expect(verified(made({}, null).document).status).toBe("passed");
  });

  test("of other reports, altered, or not there it fails, and says where", () => {
    expect(verified(made().document, { R16: { status: "failed" } }).document.failures).toEqual([
      "summary: it is not what comes of the reports",
      "checks: it is not what comes of the reports",
      "environments: it is not what comes of the reports",
    ]);
    expect(verified({ ...made().document, checks: {} }).document.failures).toEqual(["contract: DIGEST_MISMATCH"]);
    expect(readinessVerified(inputOf({ R18: null }))).toMatchObject({ status: "failed" });
  });
});

/** Whether it is ready: to staging, to prod but for people, to prod. */
const waysOf = ({ document }: { readonly document: JsonObject }) => {
  const { dev_to_staging, staging_to_prod } = objectOf(document.environments);
  return [objectOf(dev_to_staging).ready, objectOf(staging_to_prod).automated_ready, objectOf(staging_to_prod).ready];
};
