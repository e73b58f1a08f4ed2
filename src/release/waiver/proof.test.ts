import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import type { Waiver } from "../../gate/index.ts";
import { NOW, rosterOf } from "../bundle/testing/shop.ts";
import { NOBODY } from "../bundle/trust.ts";
import { approvalProblem } from "./proof.ts";
import { ANN, approvalOf, approvers, asked, BY_ANN, OLGA, signedBy } from "./testing/signed.ts";

const WAIVER = asked();
const APPROVAL = approvalOf(WAIVER, BY_ANN);

/** The code of what keeps an approval from being proved. */
const problem = (approval: Waiver["approvals"][number], roster = approvers(), at = NOW, waiver = WAIVER) =>
  approvalProblem(waiver, approval, { roster, at })?.code ?? null;

test("an approval is proved by its approver's own key, valid when they signed, over exactly this waiver", () => {
  expect(problem(APPROVAL)).toBeNull();
});

test("BUNDLE_UNTRUSTED_KEY nobody's key, no roster and no signature prove nothing", () => {
  const { signature: _, ...unsigned } = APPROVAL;

  expect(problem(unsigned)).toBe("BUNDLE_UNTRUSTED_KEY");
  expect(problem({ ...APPROVAL, signature: "sealed" })).toBe("BUNDLE_UNTRUSTED_KEY");
  expect(problem(APPROVAL, NOBODY)).toBe("BUNDLE_UNTRUSTED_KEY");
});

test("BUNDLE_KEY_EXPIRED BUNDLE_KEY_REVOKED a key counts that was valid when it signed; once revoked it never did", () => {
  const expired = approvers({ valid_until: "2026-01-30T11:00:00Z" });
  const later = instant(NOW + 90 * 86_400_000);
  const revoked = approvers({ revoked_at: "2026-02-10T00:00:00Z" });

  expect(problem(APPROVAL, expired)).toBe("BUNDLE_KEY_EXPIRED");
  expect(problem(APPROVAL, approvers(), later)).toBeNull();
  expect(problem(APPROVAL, revoked)).toBeNull();
  expect(problem(APPROVAL, revoked, later)).toBe("BUNDLE_KEY_REVOKED");
});

test("BUNDLE_KEY_ROLE a key that signs bundles, another's key, and a role that the key does not have are refused", () => {
  const builder = approvers({ roles: ["release"] });
  const borrowed = approvalOf(WAIVER, { key: OLGA, approver: "ann", role: "operator" });
  const promoted = approvalOf(WAIVER, { ...BY_ANN, role: "release_owner" });

  expect([problem(APPROVAL, builder), problem(borrowed), problem(promoted)]).toEqual([
    "BUNDLE_KEY_ROLE",
    "BUNDLE_KEY_ROLE",
    "BUNDLE_KEY_ROLE",
  ]);
});

test("BUNDLE_SIGNATURE a forged signature is found, and so is another name for the key", () => {
  const { signature } = APPROVAL;
  const text = JSON.stringify(signature);
  const [, sig = ""] = /"sig":"([^"]+)"/.exec(text) ?? [];
  const other = Buffer.from(sig, "base64").map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  const forged = JSON.parse(text.replace(sig, Buffer.from(other).toString("base64")));
  const renamed = JSON.parse(text.replace(ANN.keyId, OLGA.keyId));

  expect(problem({ ...APPROVAL, signature: forged })).toBe("BUNDLE_SIGNATURE");
  expect(problem({ ...APPROVAL, signature: renamed })).toBe("BUNDLE_SIGNATURE");
});

test("WAIVER_STATEMENT_INVALID what was signed for another waiver, or otherwise than it stands there, approves nothing", () => {
  const changes = [
    { waiver_id: "W-2026-0002" },
    { check_id: "safety" },
    { bundle_digest: "c".repeat(64) },
    { measured_value: "1/10" },
    { expires_at: "2026-02-12T00:00:00Z" },
    { scope: { branches: ["main"], environments: ["prod"], profiles: [] } },
    { reason: "another reason that is long enough" },
  ];

  for (const change of changes)
    expect(problem(APPROVAL, approvers(), NOW, signedBy(asked(change)))).toBe("WAIVER_STATEMENT_INVALID");
  expect(problem({ ...APPROVAL, approved_at: "2026-01-29T00:00:00Z" })).toBe("WAIVER_STATEMENT_INVALID");
  expect(problem({ ...APPROVAL, approver: "olga" })).toBe("WAIVER_STATEMENT_INVALID");
});

test("WAIVER_STATEMENT_INVALID a statement about something else, though well signed, is no approval", () => {
  const text = JSON.stringify(APPROVAL.signature);
  const [, payload = ""] = /"payload":"([^"]+)"/.exec(text) ?? [];
  const foreign = Buffer.from(payload, "base64").toString().replace("waiver_approval", "release_bundle");
  const signature = JSON.parse(text.replace(payload, Buffer.from(foreign).toString("base64")));

  expect(problem({ ...APPROVAL, signature })).toBe("WAIVER_STATEMENT_INVALID");
});

test("TRUST_INVALID an approver's key without a person, or without a role to approve in, is no key of a roster", () => {
  expect(() => approvers({ principal: null })).toThrow("roster can be read");
  expect(() => approvers({ approves_as: [] })).toThrow("roster can be read");
  expect(rosterOf().keys).toEqual([]);
});
