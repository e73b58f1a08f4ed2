import { createPrivateKey, sign } from "node:crypto";
import { dsse } from "@sigstore/core";
import { expect, test } from "vitest";
import { assert } from "../../contracts/index.ts";
import { isSignedBy, payloadOf, sealEnvelope } from "./dsse.ts";
import { publicKeyOf, readPublicKey, readSigningKey } from "./signing-key.ts";

const TYPE = "http://example.com/HelloWorld";
const SEED = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const PRIVATE = createPrivateKey({
  key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), SEED]),
  format: "der",
  type: "pkcs8",
});
const key = readSigningKey(PRIVATE.export({ format: "pem", type: "pkcs8" }).toString());
assert(key.ok, "the published key can be read");
const SIGNER = key.value;
const PUBLIC = readPublicKey(publicKeyOf(SIGNER));
assert(PUBLIC !== undefined, "its public half too");

const SIG = "FDBuhhGZHrQaLnHA+xYDozNBKtORTT3EFhGJXczChh8PCqB471sDESzy2zguMGQOk8D+Ij2hb/eoUkqxc/qgCg==";

test("what is signed is the published encoding of type and payload, lengths in bytes", () => {
  const encoded = dsse.preAuthEncoding(TYPE, Buffer.from("hello world")).toString();

  expect(encoded).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  expect(dsse.preAuthEncoding("é", Buffer.from("ü")).toString()).toBe("DSSEv1 2 é 2 ü");
});

test("a known key signs a known payload with the known signature, which verifies", () => {
  const envelope = sealEnvelope({ type: TYPE, text: "hello world" }, SIGNER);

  expect(publicKeyOf(SIGNER)).toBe("MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=");
  expect(envelope.signatures).toEqual([{ keyid: SIGNER.keyId, sig: SIG }]);
  expect(isSignedBy(envelope, PUBLIC)).toBe(true);
  expect(payloadOf(envelope)).toBe("hello world");
});

test("BND-01: neither another type, nor another payload, nor a signature over the bare payload verifies", () => {
  const envelope = sealEnvelope({ type: TYPE, text: "hello world" }, SIGNER);
  const bare = sign(null, Buffer.from("hello world"), PRIVATE).toString("base64");

  expect(isSignedBy({ ...envelope, payloadType: "text/plain" }, PUBLIC)).toBe(false);
  expect(isSignedBy({ ...envelope, payload: Buffer.from("hello World").toString("base64") }, PUBLIC)).toBe(false);
  expect(isSignedBy({ ...envelope, signatures: [{ keyid: SIGNER.keyId, sig: bare }] }, PUBLIC)).toBe(false);
});
