import { z } from "zod";
import {
  accepted,
  canonicalText,
  type Instant,
  isJson,
  type Json,
  parseJson,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { ENVELOPE, isSignedBy, payloadOf, sealEnvelope } from "../bundle/dsse.ts";
import { PAYLOAD_TYPE } from "../bundle/manifest.ts";
import { readPublicKey, type SigningKey } from "../bundle/signing-key.ts";
import { type Roster, trustedKey } from "../bundle/trust.ts";

const PREDICATE_TYPE = "https://countermark.dev/gate_artifact/v1";

const STATEMENT = z.strictObject({
  _type: z.literal("https://in-toto.io/Statement/v1"),
  subject: z.array(z.unknown()).length(1),
  predicateType: z.literal(PREDICATE_TYPE),
  predicate: z.custom<Json>(isJson),
});

/** A gate artifact as a signed in-toto statement about its pack, in a DSSE envelope: one line of text. */
export function sealArtifact(artifact: Json, packDigest: string, key: SigningKey): string {
  const statement = canonicalText({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "pack", digest: { sha256: packDigest } }],
    predicateType: PREDICATE_TYPE,
    predicate: artifact,
  });
  return `${canonicalText(sealEnvelope({ type: PAYLOAD_TYPE, text: statement }, key))}\n`;
}

/**
 * The gate artifact in an envelope whose signature counts. Refused: GATE_EVIDENCE_MISSING for what is no such envelope, BUNDLE_UNTRUSTED_KEY,
 * BUNDLE_KEY_*, BUNDLE_SIGNATURE.
 */
export function openArtifact(
  text: string,
  { roster, at }: { readonly roster: Roster; readonly at: Instant },
): Result<Json> {
  const envelope = ENVELOPE.safeParse(valueIn(text.trim())).data;
  if (envelope === undefined || envelope.payloadType !== PAYLOAD_TYPE)
    return missing("this is no signed gate artifact");
  const keyId = envelope.signatures[0]?.keyid ?? "";
  const trusted = trustedKey(roster, { keyId, at, validAt: at, roles: ["ci", "release"] });
  if (!trusted.ok) return trusted;
  const publicKey = readPublicKey(trusted.value.public_key);
  if (publicKey === undefined || !isSignedBy(envelope, publicKey))
    return rejected({
      code: "BUNDLE_SIGNATURE",
      message: `the signature is not one of key \`${keyId}\` over this gate artifact`,
    });
  const statement = STATEMENT.safeParse(valueIn(payloadOf(envelope))).data;
  return statement === undefined ? missing("the envelope holds no gate artifact") : accepted(statement.predicate);
}

function valueIn(text: string): Json | undefined {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

const missing = (message: string) => rejected({ code: "GATE_EVIDENCE_MISSING", message });
