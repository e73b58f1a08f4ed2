import { assert, type Instant, parseInstant, type Refusal, type Result, rejected } from "../../contracts/index.ts";
import type { Waiver } from "../../gate/index.ts";
import { ENVELOPE, type Envelope, isSignedBy } from "../bundle/dsse.ts";
import { readPublicKey } from "../bundle/signing-key.ts";
import { type Roster, trustedKey } from "../bundle/trust.ts";
import { type Approval, readApproval, termsDigest, termsOf } from "./statement.ts";

/*
 * What an approval is proved by.
 *
 * A1 Its envelope is signed with a key that the roster lets sign approvals, valid when it approved and not revoked by now.
 * A2 The key is the approver's own, and lets them approve in the role that they say.
 * A3 What was signed is this waiver as it was asked for, in every member.
 */

/** Whose signatures count, and as of when. */
export interface Trust {
  readonly roster: Roster;
  /** Now: a key that is revoked by then counts no more. */
  readonly at: Instant;
}

/** The approval that an envelope proves. Refused: WAIVER_STATEMENT_INVALID, BUNDLE_SIGNATURE, and as keys are. */
export function provedApproval(envelope: Envelope, { roster, at }: Trust): Result<Approval> {
  const read = readApproval(envelope);
  if (!read.ok) return read;
  const { approver, role, approved_at } = read.value;
  const validAt = parseInstant(approved_at);
  assert(validAt !== undefined, "an approval's instant was checked when it was read");
  const [{ keyid: keyId = "" } = {}] = envelope.signatures;
  const key = trustedKey(roster, { keyId, at, validAt, roles: ["approver"] }); // A1
  if (!key.ok) return key;
  const publicKey = readPublicKey(key.value.public_key);
  if (publicKey === undefined || !isSignedBy(envelope, publicKey))
    return rejected({
      code: "BUNDLE_SIGNATURE",
      message: `the signature is not one of key \`${keyId}\` over this approval`,
    });
  const isOwn = key.value.principal === approver && key.value.approves_as.includes(role); // A2
  return isOwn
    ? read
    : rejected({
        code: "BUNDLE_KEY_ROLE",
        message: `key \`${keyId}\` is not one by which \`${approver}\` approves as ${role}`,
      });
}

/** Why an approval of a waiver is not proved; null where it is. Of several reasons the first. */
export function approvalProblem(waiver: Waiver, approval: Waiver["approvals"][number], trust: Trust): Refusal | null {
  const envelope = ENVELOPE.safeParse(approval.signature).data;
  if (envelope === undefined)
    return { code: "BUNDLE_UNTRUSTED_KEY", message: `the approval of ${approval.approver} is not signed` };
  const proved = provedApproval(envelope, trust);
  if (!proved.ok) return proved.refusal;
  const { approver, role, approved_at, waiver: terms } = proved.value;
  const isSame = approver === approval.approver && role === approval.role && approved_at === approval.approved_at;
  return isSame && termsDigest(terms) === termsDigest(termsOf(waiver)) // A3
    ? null
    : { code: "WAIVER_STATEMENT_INVALID", message: `what ${approval.approver} signed is another approval` };
}
