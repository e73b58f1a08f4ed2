import { expect, test } from "vitest";
import { momentOf } from "./history.ts";

const ID = "candidate-20260130-120000-3f1d2c4b-0a1b2c3d4e5f";

test.each([
  ["environment.promoted", { bundle_id: ID, previous_bundle_id: null, canary: null }, "promoted", "candidate 0a1b2c3"],
  ["environment.promoted", { bundle_id: ID, canary: {} }, "promoted, on trial", "candidate 0a1b2c3"],
  [
    "environment.refused",
    { act: "promote", bundle_id: ID, code: "BUNDLE_MARKED_BAD", message: "it was marked bad in prod" },
    "refused to promote",
    "candidate 0a1b2c3, BUNDLE_MARKED_BAD: it was marked bad in prod",
  ],
  [
    "environment.refused",
    { act: "look", code: "ENVIRONMENT_EMPTY", message: "none" },
    "refused to look",
    "ENVIRONMENT_EMPTY: none",
  ],
  [
    "environment.rolled_back",
    { bundle_id: ID, reason: "refunds fail" },
    "rolled back",
    "to candidate 0a1b2c3: refunds fail",
  ],
  ["environment.canary", { end: "hold", why: null, share_percent: 5 }, "looked at its canary: hold", "at 5 %"],
  ["environment.unheard_of", { bundle_id: ID }, "environment.unheard_of", ""],
])("%s is told in words", (type, payload, says, about) => {
  expect(momentOf({ type, payload })).toEqual({ says, about });
});

test("an erased payload leaves what happened", () => {
  expect(momentOf({ type: "environment.set", payload: null }).says).toBe("its rules changed");
});
