import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import vectors from "./vectors.json" with { type: "json" };
import type { SignatureScheme, SignatureVerdict, SignedDelivery } from "./verify.ts";
import { SIGNATURE_TOLERANCE_MS, verifySignature } from "./verify.ts";

const SCHEMES = ["stripe", "shopify", "printful", "sendgrid", "slack", "standard_webhooks"] as const;
const schemeOf = (name: string): SignatureScheme => {
  const scheme = SCHEMES.find((known) => known === name);
  if (scheme === undefined) throw new Error(`vectors.json names the unknown scheme ${name}`);
  return scheme;
};

/** Vectors that are the plain valid, wrong, missing or stale case of a provider's endpoint, which is what P1-H10 asks for. */
const HYGIENE = new Set(
  "ST1 ST3 ST4 ST5 SH1 SH3 SH5 SH9 PF1 PF2 PF3 PF4 SG1 SG2 SG4 SG5 SL1 SL2 SL5 SL6 SL9 SW1 SW2 SW6".split(" "),
);

const cases = vectors.cases.map((vector) => ({
  ...vector,
  name: HYGIENE.has(vector.id) ? `${vector.id} P1-H10` : vector.id,
  delivery: {
    headers: vector.headers,
    rawBody: Buffer.from(vector.body, "utf8"),
    secrets: vector.secrets,
    now: instant(vector.now * 1000),
    toleranceMs: vectors.tolerance_seconds * 1000,
  },
}));

const outcome = (verdict: SignatureVerdict): string => (verdict.ok ? verdict.secret : verdict.refusal.code);

/** One valid delivery per scheme, to vary. */
const valid: readonly { readonly scheme: SignatureScheme; readonly delivery: SignedDelivery }[] = [
  "ST1",
  "SH1",
  "PF1",
  "SG1",
  "SL1",
  "SW1",
].map((id) => {
  const found = cases.find((vector) => vector.id === id);
  if (found === undefined) throw new Error(`vectors.json has no ${id}`);
  return { scheme: schemeOf(found.scheme), delivery: found.delivery };
});

test.each(cases)("$name $scheme: $says", ({ scheme, delivery, verdict }) => {
  const judged = verifySignature(schemeOf(scheme), delivery);

  expect(outcome(judged)).toBe(verdict);
});

test("every published vector is in the table", () => {
  const ids = new Set(vectors.cases.map(({ id }) => id));

  const expected = Object.entries({ ST: 18, SH: 9, PF: 5, SG: 7, SL: 9, SW: 6 }).flatMap(([family, count]) =>
    Array.from({ length: count }, (_, index) => `${family}${index + 1}`),
  );

  expect(expected.filter((id) => !ids.has(id))).toEqual([]);
});

describe.each(valid)("P1-H10 $scheme", ({ scheme, delivery }) => {
  const bytesOf = (text: string) => Buffer.from(text, "latin1");

  test("a body with any byte altered is refused as invalid", () => {
    const position = fc.nat(delivery.rawBody.length - 1);

    fc.assert(
      fc.property(position, fc.integer({ min: 1, max: 255 }), (at, change) => {
        const rawBody = Uint8Array.from(delivery.rawBody, (byte, index) => (index === at ? byte ^ change : byte));

        expect(outcome(verifySignature(scheme, { ...delivery, rawBody }))).toBe("SIGNATURE_INVALID");
      }),
    );
  });

  test("a header with any byte altered is refused", () => {
    const headerNames = Object.keys(delivery.headers);

    fc.assert(
      fc.property(fc.constantFrom(...headerNames), fc.nat(), fc.integer({ min: 1, max: 255 }), (name, seed, change) => {
        const bytes = bytesOf(delivery.headers[name] ?? "");
        const at = seed % bytes.length;
        const altered = Buffer.from(bytes.map((byte, index) => (index === at ? byte ^ change : byte)));
        const headers = { ...delivery.headers, [name]: altered.toString("latin1") };

        expect(verifySignature(scheme, { ...delivery, headers }).ok).toBe(false);
      }),
    );
  });

  test("a body with bytes appended or cut off is refused", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        fc.nat(delivery.rawBody.length - 1),
        (more, length) => {
          const longer = Buffer.concat([delivery.rawBody, more]);
          const shorter = delivery.rawBody.subarray(0, length);

          expect(verifySignature(scheme, { ...delivery, rawBody: longer }).ok).toBe(false);
          expect(verifySignature(scheme, { ...delivery, rawBody: shorter }).ok).toBe(false);
        },
      ),
    );
  });

  test("random headers are refused and never throw", () => {
    const headerNames = [...Object.keys(delivery.headers), "shopify-hmac-sha256", "__proto__", "constructor"];
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.base64String(), fc.stringMatching(/^t=\d+,v1=[0-9a-f]*$/));
    const headers = fc.dictionary(fc.constantFrom(...headerNames), value);

    fc.assert(
      fc.property(headers, fc.uint8Array(), (random, rawBody) => {
        expect(verifySignature(scheme, { ...delivery, headers: random, rawBody }).ok).toBe(false);
      }),
    );
  });

  test("a secret that cannot be a key signs nothing and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(""), fc.constant("whsec_"), fc.string(), fc.base64String()), (current) => {
        const judged = verifySignature(scheme, { ...delivery, secrets: { current } });

        expect(outcome(judged)).toBe("SIGNATURE_INVALID");
      }),
    );
  });

  test("the tolerance bounds the signed time on both sides to the millisecond", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2 * SIGNATURE_TOLERANCE_MS, max: 2 * SIGNATURE_TOLERANCE_MS }), (offsetMs) => {
        const first = verifySignature(scheme, delivery);
        const signedAt = first.ok ? first.signed_at : null;
        const judged = verifySignature(scheme, { ...delivery, now: instant((signedAt ?? delivery.now) + offsetMs) });

        const isLate = signedAt !== null && Math.abs(offsetMs) > SIGNATURE_TOLERANCE_MS;
        expect(outcome(judged)).toBe(isLate ? "SIGNATURE_STALE" : "current");
      }),
    );
  });
});

test("P1-H10 a forged signature is invalid however stale its time, so that stale always means authentic", () => {
  const forged = { "stripe-signature": `t=1,v1=${"0".repeat(64)}` };

  const verdicts = valid
    .slice(0, 1)
    .map(({ scheme, delivery }) => verifySignature(scheme, { ...delivery, headers: forged }));

  expect(verdicts.map(outcome)).toEqual(["SIGNATURE_INVALID"]);
});

test("a tolerance of zero accepts the signed instant only; it does not switch the check off", () => {
  const stripe = valid.find(({ scheme }) => scheme === "stripe");
  if (stripe === undefined) throw new Error("no stripe vector");

  const late = verifySignature("stripe", { ...stripe.delivery, toleranceMs: 0 });

  expect(outcome(late)).toBe("SIGNATURE_STALE");
});
