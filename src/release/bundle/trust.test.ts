import { expect, test } from "vitest";
import { seededRandom } from "../../contracts/index.ts";
import { newSigningKey, readSigningKey } from "./signing-key.ts";
import { entryOf, keyOf, RELEASE_KEY } from "./testing/shop.ts";
import { readRoster } from "./trust.ts";

const ENTRY = entryOf(RELEASE_KEY);

test("a roster has keys with their ids, roles and times", () => {
  expect(readRoster({ keys: [ENTRY] })).toMatchObject({ ok: true, value: { keys: [{ keyid: RELEASE_KEY.keyId }] } });
  expect(readRoster({ keys: [] })).toMatchObject({ ok: true });
});

test.each<[string, unknown, string]>([
  ["no list of keys", {}, "$.keys"],
  ["a key that is none", { keys: [{ ...ENTRY, public_key: "AAAA" }] }, "$.keys[0]"],
  ["one key under the id of another", { keys: [{ ...ENTRY, keyid: keyOf(2).keyId }] }, "$.keys[0]"],
  ["a key without a role", { keys: [{ ...ENTRY, roles: [] }] }, "$.keys[0].roles"],
  ["a day that does not exist", { keys: [{ ...ENTRY, valid_until: "2026-02-30T00:00:00Z" }] }, "$.keys[0].valid_until"],
  ["a member that means nothing", { keys: [{ ...ENTRY, trusted: true }] }, "$.keys[0]"],
])("a roster with %s is refused, and says where", (_, document, path) => {
  expect(readRoster(document)).toMatchObject({ ok: false, refusal: { code: "TRUST_INVALID", field_path: path } });
});

test("a key that was made is read again; what is no Ed25519 key in PEM is refused", () => {
  const pem = newSigningKey(seededRandom(5));

  expect(readSigningKey(pem)).toMatchObject({ ok: true, value: { keyId: keyOf(5).keyId } });
  expect(readSigningKey(pem.replace("MC4C", "MC4D"))).toMatchObject({ refusal: { code: "SIGNING_KEY_INVALID" } });
  expect(readSigningKey("")).toMatchObject({ refusal: { code: "SIGNING_KEY_INVALID" } });
});
