import { assert, formatInstant, type Instant, instant, type JsonObject } from "../../../contracts/index.ts";
import { entryOf, type Waiver } from "../../../gate/index.ts";
import type { SigningKey } from "../../bundle/signing-key.ts";
import { entryOf as keyEntryOf, keyOf, NOW, rosterOf } from "../../bundle/testing/shop.ts";
import { signApproval, termsOf } from "../statement.ts";
import type { StoredWaiver } from "../waiver.ts";

export const ANN = keyOf(11);
export const OLGA = keyOf(12);
const HOUR_MS = 3_600_000;

const approverEntry = (key: SigningKey, principal: string, role: string, other: JsonObject = {}) =>
  keyEntryOf(key, { roles: ["approver"], principal, approves_as: [role], ...other });

/** Ann approves as operator, Olga as release owner. */
export const approvers = (ofAnn: JsonObject = {}) =>
  rosterOf(approverEntry(ANN, "ann", "operator", ofAnn), approverEntry(OLGA, "olga", "release_owner"));

export const ROOT = "b".repeat(64);

/** A waiver that Dave asked for an hour ago. */
export function asked(change: JsonObject = {}): Waiver {
  const read = entryOf(
    {
      waiver_id: "W-2026-0001",
      check_id: "trend",
      reason: "one flaky runner, replaced on Monday",
      remediation: { issue_ref: "#17", owner: "ann", due_at: "2026-02-01T00:00:00Z" },
      requested_by: "dave",
      created_at: formatInstant(instant(NOW - HOUR_MS)),
      approvals: [],
      expires_at: "2026-02-05T00:00:00Z",
      scope: { branches: ["main"], environments: ["staging"], profiles: [] },
      measured_value: "9/10",
      bundle_digest: ROOT,
      policy: { id: "slo", version: "1.0.0", digest: "a".repeat(64) },
      ...change,
    },
    0,
  );
  assert(read.ok, "the test's waiver is one");
  return read.waiver;
}

export interface Signer {
  readonly key: SigningKey;
  readonly approver: string;
  readonly role: string;
  readonly at?: Instant;
}

export const BY_ANN: Signer = { key: ANN, approver: "ann", role: "operator" };
export const BY_OLGA: Signer = { key: OLGA, approver: "olga", role: "release_owner" };

/** One person's approval as a waiver carries it. */
export function approvalOf(waiver: Waiver, { key, approver, role, at = NOW }: Signer): Waiver["approvals"][number] {
  const approved_at = formatInstant(at);
  const signature = signApproval({ waiver: termsOf(waiver), approver, role, approved_at }, key);
  return { approver, role, approved_at, method: "dsse", signature: JSON.parse(JSON.stringify(signature)) };
}

export const signedBy = (waiver: Waiver, ...signers: readonly Signer[]): Waiver => ({
  ...waiver,
  approvals: signers.map((signer) => approvalOf(waiver, signer)),
});

/** The waiver as it is kept, in force since now. */
export const storedOf = (waiver: Waiver, other: Partial<StoredWaiver> = {}): StoredWaiver => ({
  waiver_id: waiver.waiver_id,
  policy_id: "slo",
  gate: waiver.check_id,
  subject: ROOT,
  state: "approved",
  waiver,
  approvals_needed: 2,
  roles_needed: ["release_owner"],
  created_at: instant(NOW - HOUR_MS),
  expires_at: instant(NOW + 24 * HOUR_MS),
  in_force_at: NOW,
  ended_at: null,
  ...other,
});
