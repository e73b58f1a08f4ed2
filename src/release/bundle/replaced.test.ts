import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { replacedManifest } from "./replaced.ts";
import { builtOf, entryOf, keyOf, NOW, RELEASE_KEY, ROSTER, rosterOf } from "./testing/shop.ts";
import { NOBODY } from "./trust.ts";

const LAST = builtOf();
const [NEXT_KEY, THIEF] = [keyOf(2), keyOf(3)];
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const text = textOf(LAST.bytes);
const bytesOf = (changed: string) => new TextEncoder().encode(changed);

const read = (bytes: Uint8Array, { roster = ROSTER, key = NEXT_KEY, at = NOW } = {}) =>
  replacedManifest(bytes, { roster, key, at });

test("the bundle that a release takes the place of is known by its signature, also by a key that ended or was revoked since", () => {
  const [ended, revoked] = [
    instant(Date.UTC(2027, 0, 1)),
    rosterOf(entryOf(RELEASE_KEY, { revoked_at: "2026-01-02T00:00:00Z" })),
  ];

  expect(read(LAST.bytes)).toEqual({ ok: true, value: LAST.manifest });
  expect(read(LAST.bytes, { at: ended })).toMatchObject({ ok: true });
  expect(read(LAST.bytes, { roster: revoked })).toMatchObject({ ok: true });
});

test("BND-06: without a roster the key that signs the release is the one at hand, and what another signed is not taken for signed", () => {
  const resigned = builtOf({ key: NEXT_KEY }).bytes;
  const forged = bytesOf(text.replaceAll(RELEASE_KEY.keyId, NEXT_KEY.keyId));

  expect(read(resigned, { roster: NOBODY })).toMatchObject({ ok: true });
  expect(read(LAST.bytes, { roster: NOBODY })).toMatchObject({ refusal: { code: "BUNDLE_UNTRUSTED_KEY" } });
  expect(read(forged, { roster: NOBODY })).toMatchObject({ refusal: { code: "BUNDLE_SIGNATURE" } });
});

test.each([
  ["a file that was altered", bytesOf(text.replace("Shop", "Shed")), "BUNDLE_CHECKSUM"],
  [
    "another key's signature",
    bytesOf(textOf(builtOf({ key: THIEF }).bytes).replaceAll(THIEF.keyId, RELEASE_KEY.keyId)),
    "BUNDLE_SIGNATURE",
  ],
  ["a key that the roster has not", builtOf({ key: THIEF }).bytes, "BUNDLE_UNTRUSTED_KEY"],
  ["no bundle at all", bytesOf("{}"), "BUNDLE_MALFORMED"],
])("a bundle that is replaced with %s is refused", (_, bytes, code) => {
  expect(read(bytes)).toMatchObject({
    ok: false,
    refusal: { code, message: expect.stringMatching(/^the bundle that is replaced: /) },
  });
});
