import { describe, expect, test } from "vitest";
import { admit } from "./admit.ts";
import type { CallFacts, CallRequest } from "./call.ts";
import { factsOf, recordOf, registered, requestOf, resolvedOf } from "./testing/calls.ts";

const refund = resolvedOf(registered());
const look = resolvedOf(registered({ side_effect_level: "READ", dependency: null }));
const hold = { holdId: "hold-1", reason: "its signoff says NO-GO" };

const admitted = (facts: Partial<CallFacts>, request: CallRequest = requestOf(), call = refund) =>
  admit(call, request, factsOf(call, { hold, ...facts }));

describe("TS-17, SO-11: an extension whose beta is held", () => {
  test("is refused what a person has approved, and the approval is not spent", () => {
    expect(admitted({})).toMatchObject({
      kind: "refused",
      stage: "approval",
      effect: "none",
      refusal: { code: "TX_HOLD_PREVIEW_ONLY", details: { hold_id: "hold-1" } },
    });
    expect(admitted({ hold: null })).toMatchObject({ kind: "proceed" });
  });

  test("may still preview and ask, and is told first where a person said no", () => {
    const denied = { approval_id: "a", attempt: 1, status: "DENIED", params_fingerprint: refund.fingerprint } as const;

    expect(admitted({ approval: null })).toMatchObject({ kind: "approval" });
    expect(admitted({ approval: { ...denied, consumed: false } })).toMatchObject({
      refusal: { code: "HITL_DENIED" },
    });
  });

  test("may read", () => {
    expect(admitted({ rule: undefined, approval: null }, requestOf(), look)).toMatchObject({ kind: "proceed" });
  });

  test("may undo what it applied before, and finish what had begun", () => {
    expect(admitted({}, requestOf({ purpose: "compensation" }))).toMatchObject({ kind: "proceed" });
    expect(admitted({ record: recordOf(refund) }, requestOf({ attempt: 2 }))).toMatchObject({ kind: "recover" });
  });
});
