import { expect, test } from "vitest";
import { playDemo } from "../../src/cli/demo/play.ts";
import { systemHost } from "../../src/contracts/index.ts";
import { freshDatabase } from "../database/database.ts";

test("the demo's scenes end as they are announced, and all of it verifies and replays", {
  timeout: 180_000,
}, async () => {
  const database = await freshDatabase();
  const scenes: string[] = [];

  const report = await playDemo({
    host: systemHost(),
    seed: 1,
    orders: 25,
    server: database.options,
    tell: (what) => void scenes.push(what),
  });

  const ended = (workflow: string, code: string | null) =>
    report.runs.filter((run) => run.workflow === workflow && run.code === code).length;
  expect(ended("P1-WF01", null)).toBe(28);
  expect(ended("P1-WF01", "ORDER_INVALID")).toBe(1);
  expect(ended("P1-WF01", "POD_UNAVAILABLE")).toBe(1);
  expect(ended("P1-WF03", null)).toBe(1);
  expect(ended("P1-WF03", "HITL_DENIED")).toBe(1);
  expect(ended("P1-WF03", "HITL_TIMEOUT")).toBe(1);
  expect(ended("P1-WF03", "BASE_DRIFTED")).toBe(1);
  expect(report.effects).toEqual({ charges: 32, refunds: 1, fulfillments: 28, emails: 28 });
  expect(report.approvals).toEqual({ approved: 1, denied: 1, expired: 1, voided: 1 });
  expect(report.webhooks).toMatchObject({ duplicate: 3, rejected: 4 });
  expect(report.refused).toMatchObject({
    BASE_DRIFTED: 1,
    LOOP_DETECTED: 1,
    PERMISSION_DENIED: 1,
    SIGNATURE_INVALID: 2,
    SIGNATURE_STALE: 2,
  });
  expect(report.alerts).toEqual({ secret_stopped: 1, personal_data_masked: 1, bound_reached: 1 });
  expect(report.ledger).toMatchObject({ streams: 40, verified: true });
  expect(report.replay).toEqual({ runs: 39, identical: 39 });
  expect(scenes).toHaveLength(12);
  expect(report.release).toMatchObject({
    bundle: { version: "1.0.0" },
    preview: [
      { version: "1.0.0", cases: 6, passed: 6 },
      { version: "1.1.0", cases: 6, passed: 3 },
      { version: "1.2.0", cases: 6, passed: 6 },
    ],
    blocked: [{ version: "1.1.0", environment: "staging", code: "RELEASE_GATE_ALLOWS_PROMOTION" }],
    rolled_back: [
      { environment: "prod", to: report.release?.bundle.id, reason: expect.stringContaining("completion") },
    ],
    canaries: [{ version: "1.2.0", share_percent: 50, end: "abort", holds: report.release?.bundle.id }],
    packet: { identical: true },
  });
  expect(report.release?.decisions.map(({ version, policy, verdict }) => `${version} ${policy} ${verdict}`)).toEqual([
    "1.0.0 golden-suite GO",
    "1.0.0 canary GO",
    "1.1.0 golden-suite NO-GO",
    "1.2.0 golden-suite GO",
    "1.2.0 canary NO-GO",
    "1.0.0 canary GO",
  ]);
  await database.drop();
});
