import { expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import type { WaiverInput } from "../waiver-rules.ts";
import { gated, inputOf, passed } from "./testing/gate.ts";
import { gateOf, promoted } from "./testing/promotion.ts";

const waiverOf = (gate: string, parts: JsonObject = {}): WaiverInput => ({
  source: JSON.stringify({
    contract: "release_exceptions_v2",
    exceptions: [
      {
        waiver_id: "W-2026-0001",
        check_id: gate,
        reason: "the change was looked at line by line",
        remediation: { issue_ref: "#1", owner: "ann", due_at: "2026-03-10T00:00:00Z" },
        requested_by: "ann",
        created_at: "2026-03-08T00:00:00Z",
        approvals: [{ approver: "ben", role: "release_owner", approved_at: "2026-03-08T01:00:00Z", method: "signed" }],
        expires_at: "2026-03-12T00:00:00Z",
        scope: { branches: ["main"], environments: ["production"], profiles: ["standard"] },
        ...parts,
      },
    ],
  }),
  roster: { ben: ["release_owner"] },
  place: { branch: null, environment: null, commit: null, bundle_digest: null },
  history: [],
});

test("a risk that a person waives lets the run pass, and the decision says that it rests on a person", () => {
  const { gate, evaluation } = gated(inputOf({ results: [passed(80)] }), { waivers: waiverOf("risk") });

  expect(gate).toMatchObject({ status: "APPROVE", reason_codes: ["POLICY.OVERRIDE_USED"], risk_score: 80 });
  expect(evaluation.decision).toMatchObject({ verdict: "GO", conditions: ["risk"] });
});

test("a waiver of what cannot be waived leaves a rejection what it is", () => {
  const input = inputOf({ verify: { exit_code: 1 } });
  const { gate } = gated(input, { waivers: waiverOf("verify_passed") });

  expect(gate).toMatchObject({ status: "REJECT", reason_codes: ["VERIFY.TEST_FAILURE"] });
});

test("a waiver that is out of order is for a person to see to: it rejects nothing", () => {
  const waivers = waiverOf("risk", { requested_by: "ben" });

  expect(gated(inputOf(), { waivers }).gate).toMatchObject({
    status: "NEEDS_HUMAN",
    reason_codes: ["POLICY.NEEDS_HUMAN"],
  });
});

test("a promotion that rests on a waiver says so", () => {
  const gate = gateOf("APPROVE", { risk_score: 61 });

  expect(promoted({ gate }).promotion.decision).toBe("NEEDS_HUMAN");
  expect(promoted({ gate }, { waivers: waiverOf("risk") }).promotion).toMatchObject({
    decision: "APPROVE",
    reason_codes: ["POLICY.OVERRIDE_USED"],
  });
});
