import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import type { WebhookHeaders } from "./claim.ts";
import { SIGNATURE_TOLERANCE_MS, type SignatureScheme, verifySignature } from "./verify.ts";

/* Deliveries whose mathematics is right and whose form must still be refused: what a forger with one weak spot could send. */

const BODY = "{}";
const NOW = instant(1_700_000_000_000);

interface Forged {
  readonly scheme: SignatureScheme;
  readonly headers: WebhookHeaders;
  readonly current: string;
}

const judge = ({ scheme, headers, current }: Forged): string => {
  const rawBody = Buffer.from(BODY);
  const verdict = verifySignature(scheme, {
    headers,
    rawBody,
    secrets: { current },
    now: NOW,
    toleranceMs: SIGNATURE_TOLERANCE_MS,
  });
  return verdict.ok ? "accepted" : verdict.refusal.code;
};

const mac = (key: string | Uint8Array, text: string, encoding: "hex" | "base64") =>
  createHmac("sha256", key).update(text).digest(encoding);

const stripe = (key: string, time: string): Forged => ({
  scheme: "stripe",
  headers: { "stripe-signature": `t=${time},v1=${mac(key, `${time}.${BODY}`, "hex")}` },
  current: key,
});

const slack = (key: string, time: string): Forged => ({
  scheme: "slack",
  headers: { "x-slack-request-timestamp": time, "x-slack-signature": `v0=${mac(key, `v0:${time}:${BODY}`, "hex")}` },
  current: key,
});

const standardWebhooks = (key: string, time: string): Forged => ({
  scheme: "standard_webhooks",
  headers: {
    "webhook-id": "msg_1",
    "webhook-timestamp": time,
    "webhook-signature": `v1,${mac(Buffer.from(key), `msg_1.${time}.${BODY}`, "base64")}`,
  },
  current: `whsec_${Buffer.from(key).toString("base64")}`,
});

const sendgrid = (keys: ReturnType<typeof generateKeyPairSync>, time: string, digest: string | null): Forged => ({
  scheme: "sendgrid",
  headers: {
    "x-twilio-email-event-webhook-timestamp": time,
    "x-twilio-email-event-webhook-signature": sign(digest, Buffer.from(time + BODY), keys.privateKey).toString(
      "base64",
    ),
  },
  current: keys.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
});

const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });

const timed = {
  stripe: (time: string) => stripe("secret", time),
  slack: (time: string) => slack("secret", time),
  standard_webhooks: (time: string) => standardWebhooks("secret", time),
  sendgrid: (time: string) => sendgrid(p256, time, "sha256"),
};

describe.each(Object.entries(timed))("%s", (_scheme, signedAt) => {
  test("accepts what these forgeries are varied from", () => {
    expect(judge(signedAt("1700000000"))).toBe("accepted");
  });

  test.each(["abc", "01700000000", "1.7e9", "+1700000000", "1700000000.0", "1700000000 ", "NaN", "٣"])(
    "refuses a correctly signed time written as %j",
    (time) => {
      expect(judge(signedAt(time))).toBe("SIGNATURE_INVALID");
    },
  );
});

test.each(["t=1700000001,", "t=1700000000,", "t=abc,"])(
  "stripe: a second time, %s beside the signed one is refused",
  (second) => {
    const { scheme, headers, current } = stripe("secret", "1700000000");
    const signed = headers["stripe-signature"] ?? "";

    expect(judge({ scheme, headers: { "stripe-signature": signed.replace("v1=", `${second}v1=`) }, current })).toBe(
      "SIGNATURE_INVALID",
    );
  },
);

test.each([
  stripe("", "1700000000"),
  slack("", "1700000000"),
  standardWebhooks("", "1700000000"),
  { scheme: "shopify", headers: { "x-shopify-hmac-sha256": mac("", BODY, "base64") }, current: "" } as const,
  { scheme: "printful", headers: { "x-pf-webhook-signature": mac("", BODY, "hex") }, current: "" } as const,
])("$scheme: a secret left empty is not a secret that anyone may sign with", (forged) => {
  expect(judge(forged)).toBe("SIGNATURE_INVALID");
});

test.each([
  ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }), "sha256"],
  ["Ed25519", generateKeyPairSync("ed25519"), null],
  ["RSA", generateKeyPairSync("rsa", { modulusLength: 2048 }), "sha256"],
] as const)("sendgrid: a key of %s is not the kind that SendGrid signs with", (_name, keys, digest) => {
  expect(judge(sendgrid(keys, "1700000000", digest))).toBe("SIGNATURE_INVALID");
});
