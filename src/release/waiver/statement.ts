import { z } from "zod";
import {
  canonicalText,
  digestOf,
  type Json,
  parseInstant,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { entryOf, type Waiver } from "../../gate/index.ts";
import { type Envelope, payloadOf, sealEnvelope } from "../bundle/dsse.ts";
import { PAYLOAD_TYPE } from "../bundle/manifest.ts";
import type { SigningKey } from "../bundle/signing-key.ts";

/** A waiver as it was asked for: what approvers sign, every one of them the same. */
export type WaiverTerms = Omit<Waiver, "approvals">;

/** What an approver says of a waiver. */
export interface Approval {
  readonly waiver: WaiverTerms;
  readonly approver: string;
  /** As what they approve, such as `release_owner`. */
  readonly role: string;
  readonly approved_at: string;
}

export function termsOf({ approvals: _, ...terms }: Waiver): WaiverTerms {
  return terms;
}

/** By which its terms are known. */
export const termsDigest = (terms: WaiverTerms) => digestOf(jsonOf(terms));

/** Members that are not there are left out: what is signed is JSON. */
const jsonOf = (value: WaiverTerms | Approval): Json => JSON.parse(JSON.stringify(value));

const PREDICATE_TYPE = "https://countermark.dev/waiver_approval/v1";

/**
 * Signs an approval: an in-toto statement about the waiver's terms, in a DSSE envelope.
 *
 * @see https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 */
export function signApproval(approval: Approval, key: SigningKey): Envelope {
  const text = canonicalText({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: approval.waiver.waiver_id, digest: { sha256: termsDigest(approval.waiver) } }],
    predicateType: PREDICATE_TYPE,
    predicate: jsonOf(approval),
  });
  return sealEnvelope({ type: PAYLOAD_TYPE, text }, key);
}

const STATEMENT = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.tuple([z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) })]),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.strictObject({
    waiver: z.record(z.string(), z.json()),
    approver: z.string().min(1),
    role: z.string().min(1),
    approved_at: z.string().refine((text) => parseInstant(text) !== undefined),
  }),
});

/** The approval in an envelope; it proves nothing before its signature is verified. Refused with WAIVER_STATEMENT_INVALID. */
export function readApproval(envelope: Envelope): Result<Approval> {
  const parsed = parseJson(payloadOf(envelope));
  const statement = STATEMENT.safeParse(parsed.ok ? parsed.value : null).data;
  if (envelope.payloadType !== PAYLOAD_TYPE || statement === undefined)
    return invalid("the envelope holds no statement that approves a waiver");
  const { predicate, subject } = statement;
  const entry = entryOf({ ...predicate.waiver, approvals: [] }, 0);
  if (!entry.ok) return invalid("what the statement is about is no waiver");
  const waiver = termsOf(entry.waiver);
  const [about] = subject;
  return about.name === waiver.waiver_id && about.digest.sha256 === termsDigest(waiver)
    ? { ok: true, value: { ...predicate, waiver } }
    : invalid("the statement is about another waiver than it holds");
}

const invalid = (message: string) => rejected({ code: "WAIVER_STATEMENT_INVALID", message });
