import { describe, expect, test } from "vitest";
import { NOW } from "../bundle/testing/shop.ts";
import { canarySince, reportSince, type StreamEntry } from "./promotion-report.ts";

const RECORDED = {
  contract: "release_bundle_promotion_v2",
  environment: "prod",
  bundle_id: "b2",
  root_digest: "d2",
  status: "passed",
  previous_bundle_id: "b1",
  current_pointer: { bundle_id: "b1", root_digest: "d1" },
  checks: [
    { check_id: "bundle_verify_ok", passed: true, outcome: "pass", detail: "" },
    { check_id: "post_deploy_canary", passed: true, outcome: "not_applicable", detail: "" },
  ],
};

const entry = (seq: number, type: string, payload: StreamEntry["payload"]): StreamEntry => ({ seq, type, payload });
const PROMOTED = entry(4, "environment.promoted", { bundle_id: "b2", report: RECORDED });
const well = (seq: number, bundle_id = "b2") =>
  entry(seq, "environment.health", { bundle_id, health: "good", reason: "r" });
const look = (seq: number, end: string) => entry(seq, "environment.canary", { bundle_id: "b2", end });
const back = entry(9, "environment.rolled_back", { bundle_id: "b1", marked_bad: "b2", reason: "refunds fail" });

const CURRENT = { current: { bundle_id: "b2", root_digest: "d2" }, at: NOW };

describe("PRM-05: post_deploy_canary says how a promoted bundle has done since", () => {
  test.each<[string, readonly StreamEntry[], string]>([
    ["of which nothing is known yet", [], "unknown"],
    ["whose canary still runs", [look(5, "hold"), look(6, "advance")], "unknown"],
    ["whose canary passed", [look(5, "advance"), look(6, "pass")], "pass"],
    ["that somebody found well", [well(5)], "pass"],
    ["that was well and then was rolled back", [well(5), back], "fail"],
    ["whose canary was aborted", [look(5, "abort"), back], "fail"],
    [
      "found bad",
      [well(5), entry(6, "environment.health", { bundle_id: "b2", health: "bad", reason: "slow" })],
      "fail",
    ],
    ["beside which another is well", [well(5, "b1")], "unknown"],
  ])("one %s", (_, since, outcome) => {
    expect(canarySince("b2", since).outcome).toBe(outcome);
  });
});

test("PRM-04: a promotion's report is passed once the bundle is known to do well there, and failed once it was rolled back", () => {
  const report = (...since: readonly StreamEntry[]) => reportSince([well(3, "b1"), PROMOTED, ...since], CURRENT);
  const canary = (passed: boolean, outcome: string) =>
    expect.arrayContaining([expect.objectContaining({ check_id: "post_deploy_canary", passed, outcome })]);

  expect(report()).toMatchObject({ status: "unverified", checks: canary(false, "unknown") });
  expect(report(well(5))).toMatchObject({
    status: "passed",
    checks: canary(true, "pass"),
    current_pointer: CURRENT.current,
  });
  expect(report(well(5), back)).toMatchObject({ status: "failed", checks: canary(false, "fail") });
});

test("the last promotion into an environment is the one that is reported; without one there is no report", () => {
  const earlier = entry(1, "environment.promoted", { report: { ...RECORDED, bundle_id: "b1" } });

  expect(reportSince([earlier, well(2, "b1"), PROMOTED], CURRENT)).toMatchObject({ bundle_id: "b2" });
  expect(reportSince([], CURRENT)).toBeNull();
  expect(reportSince([entry(1, "environment.promoted", { bundle_id: "b0" })], CURRENT)).toBeNull();
});
