import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { lineageText } from "../lineage/model.ts";
import { lineageAt } from "../lineage/testing/candidate.ts";
import { type BundleFile, bundleText, listed, readBundle, rootDigest } from "./container.ts";
import { sealEnvelope } from "./dsse.ts";
import { bundleIdOf, type Manifest, PAYLOAD_TYPE, statementText } from "./manifest.ts";
import {
  builtOf,
  COMMIT,
  entryOf,
  keyOf,
  NOW,
  RELEASE_KEY,
  REMARKS,
  ROSTER,
  rosterOf,
  shopPack,
} from "./testing/shop.ts";
import { NOBODY, type Roster, type RosterEntry } from "./trust.ts";
import { type VerifyOptions, verifyBundle } from "./verify.ts";

const verify = (bytes: Uint8Array, options: Partial<VerifyOptions> = {}) =>
  verifyBundle(bytes, { roster: ROSTER, at: NOW, ...options }).report;

const codesOf = (bytes: Uint8Array, options: Partial<VerifyOptions> = {}) =>
  verify(bytes, options).errors.map(({ code }) => code);

const filesOf = (bytes: Uint8Array): readonly BundleFile[] => {
  const bundle = readBundle(bytes);
  return bundle.ok ? bundle.value.files : [];
};

/** A bundle that its signer altered, signed like any other. */
function forged(change: (manifest: Manifest) => Partial<Manifest>, files?: readonly BundleFile[]): Uint8Array {
  const { manifest, bytes } = builtOf();
  const altered = { ...manifest, ...change(manifest) };
  const envelope = sealEnvelope({ type: PAYLOAD_TYPE, text: statementText(altered) }, RELEASE_KEY);
  return Buffer.from(bundleText({ envelope, files: files ?? filesOf(bytes) }));
}

function ofContract(contract: string): Uint8Array {
  const text = statementText(builtOf().manifest).replace('"contract":"release_bundle_v2"', `"contract":"${contract}"`);
  return Buffer.from(bundleText({ envelope: sealEnvelope({ type: PAYLOAD_TYPE, text }, RELEASE_KEY), files: [] }));
}

/** The same with the files of the bundle altered, under the signature that they had. */
function tampered(change: (files: readonly BundleFile[]) => readonly BundleFile[]): Uint8Array {
  const { bytes } = builtOf();
  const bundle = readBundle(bytes);
  return bundle.ok ? Buffer.from(bundleText({ ...bundle.value, files: change(bundle.value.files) })) : bytes;
}

/** A manifest whose list of files, root digest and id fit together. */
function listing(manifest: Manifest, files: Manifest["files"]): Partial<Manifest> {
  const root_digest = rootDigest(files);
  const id = { label: manifest.label, createdAt: NOW, commit: manifest.source.commit, rootDigest: root_digest };
  return { files, root_digest, bundle_id: bundleIdOf(id) };
}

const CARRIED = { lineage: lineageText(lineageAt("final")), evidence: [] };

test("a bundle that was built verifies, offline, and tells who signed it", () => {
  const { bytes, manifest } = builtOf();

  expect(verify(bytes)).toEqual({
    ok: true,
    bundle_id: manifest.bundle_id,
    root_digest: manifest.root_digest,
    key_id: RELEASE_KEY.keyId,
    errors: [],
    warnings: [],
    verified_files: 2,
  });
});

test("a bundle with one byte altered, anywhere, never verifies", () => {
  const { bytes } = builtOf();

  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const altered = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ flip : byte));

      expect(verify(altered).ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("a bundle that is cut, extended or said in another way is no bundle", () => {
  const { text } = builtOf();
  const others = [text.slice(0, -1), `${text}\n`, `\ufeff${text}`, text.replace("{", "{ "), "", "\n", "{}\n"];

  expect(others.map((other) => codesOf(Buffer.from(other)))).toEqual(others.map(() => ["BUNDLE_MALFORMED"]));
  expect(codesOf(Uint8Array.of(0xff, 0x0a))).toEqual(["BUNDLE_MALFORMED"]);
});

describe("BND-01: trust comes from the roster alone", () => {
  const { bytes } = builtOf();
  const withKey = (other: Partial<RosterEntry>): Roster => rosterOf(entryOf(RELEASE_KEY, other));

  test.each([
    ["nobody is trusted", NOBODY, "BUNDLE_UNTRUSTED_KEY"],
    ["another key is trusted", rosterOf(entryOf(keyOf(2))), "BUNDLE_UNTRUSTED_KEY"],
    ["the key is not valid yet", withKey({ valid_from: "2026-01-30T12:00:00.001Z" }), "BUNDLE_KEY_EXPIRED"],
    ["the key has just expired", withKey({ valid_until: "2026-01-30T12:00:00Z" }), "BUNDLE_KEY_EXPIRED"],
    ["the key was just revoked", withKey({ revoked_at: "2026-01-30T12:00:00Z" }), "BUNDLE_KEY_REVOKED"],
  ] as const)("where %s, the bundle does not verify", (_, roster, code) => {
    expect(codesOf(bytes, { roster })).toEqual([code]);
  });

  test("a revocation that is yet to come changes nothing until then", () => {
    const roster = withKey({ revoked_at: "2026-01-30T12:00:01Z" });

    expect(codesOf(bytes, { roster })).toEqual([]);
    expect(codesOf(bytes, { roster, at: instant(NOW + 1_000) })).toEqual(["BUNDLE_KEY_REVOKED"]);
  });

  test("of a bundle that was taken while its key was valid, the key may have expired since, and not been revoked", () => {
    const later = instant(NOW + 100 * 86_400_000);

    expect(codesOf(bytes, { at: later })).toEqual(["BUNDLE_KEY_EXPIRED"]);
    expect(codesOf(bytes, { at: later, validAt: NOW })).toEqual([]);
    expect(
      codesOf(bytes, { at: later, validAt: NOW, roster: withKey({ revoked_at: "2026-02-02T00:00:00Z" }) }),
    ).toEqual(["BUNDLE_KEY_REVOKED"]);
  });

  test("a build's key signs candidates, and no release", () => {
    const key = keyOf(3);
    const roster = rosterOf(entryOf(key, { roles: ["ci"] }));
    const release = builtOf({ key, label: "release", sbom: "{}", carried: CARRIED, remarks: REMARKS }).bytes;

    expect(codesOf(builtOf({ key }).bytes, { roster })).toEqual([]);
    expect(codesOf(release, { roster })).toEqual(["BUNDLE_KEY_ROLE"]);
    expect(codesOf(builtOf({ key }).bytes, { roster, roles: ["release"] })).toEqual(["BUNDLE_KEY_ROLE"]);
  });

  test("a signature under a trusted key's id that another key made does not verify", () => {
    const { keyId } = RELEASE_KEY;
    const impostor = { ...keyOf(2), keyId };

    expect(codesOf(builtOf({ key: impostor }).bytes)).toEqual(["BUNDLE_SIGNATURE"]);
  });
});

describe("BND-06: every rule of a bundle is checked, whoever signed it", () => {
  const FIRST = { path: "payload/pack.json", text: "{}" };

  test.each<[string, Uint8Array, readonly string[]]>([
    [
      "an envelope of another type",
      Buffer.from(bundleText({ envelope: sealEnvelope({ type: "text/plain", text: "{}" }, RELEASE_KEY), files: [] })),
      ["BUNDLE_MISSING_MANIFEST"],
    ],
    ["a manifest of another contract", ofContract("release_bundle_v9"), ["BUNDLE_CONTRACT"]],
    ["a manifest without a time", forged(() => ({ created_at: "yesterday" })), ["BUNDLE_INVALID_MANIFEST"]],
    [
      "an id that is another bundle's",
      forged(() => ({ bundle_id: "candidate-20260130-120000-3f1d2c4b-000000000000" })),
      ["BUNDLE_INVALID_MANIFEST"],
    ],
    [
      "another commit than its id says",
      forged(() => ({ source: { commit: COMMIT.replace("3f", "00"), dirty: false } })),
      ["BUNDLE_COMMIT_MISMATCH"],
    ],
    ["a file that is missing", tampered((files) => files.slice(1)), ["BUNDLE_MISSING_FILE", "BUNDLE_CONTENT_MISMATCH"]],
    [
      "a file that was altered",
      tampered((files) => files.map((file) => (file.path === FIRST.path ? FIRST : file))),
      ["BUNDLE_CHECKSUM", "BUNDLE_CONTENT_MISMATCH"],
    ],
    [
      "W46: a file that is not in the manifest",
      tampered((files) => [...files, { path: "payload/more.json", text: "{}" }]),
      ["BUNDLE_UNLISTED_FILE"],
    ],
    [
      "a path that leads out of the bundle",
      forged(
        (manifest) => listing(manifest, [...manifest.files, listed({ path: "../more", text: "" })]),
        [...filesOf(builtOf().bytes), { path: "../more", text: "" }],
      ),
      ["BUNDLE_UNSAFE_PATH"],
    ],
    [
      "an absolute path",
      forged(
        (manifest) => listing(manifest, [...manifest.files, listed({ path: "/etc/more", text: "" })]),
        [...filesOf(builtOf().bytes), { path: "/etc/more", text: "" }],
      ),
      ["BUNDLE_UNSAFE_PATH"],
    ],
    [
      "a root digest of other files",
      forged((manifest) => ({ ...listing(manifest, []), files: manifest.files })),
      ["BUNDLE_CHECKSUM"],
    ],
    [
      "contracts that its pack does not have",
      forged(({ tools }) => ({ tools: tools.map((tool) => ({ ...tool, contract_digest: "0".repeat(64) })) })),
      ["BUNDLE_CONTENT_MISMATCH"],
    ],
    ["policies that it does not hold", forged(() => ({ policies: [] })), ["BUNDLE_CONTENT_MISMATCH"]],
    [
      "a bill of materials that is not in it",
      forged(() => ({ sbom: { path: "sbom.cdx.json", sha256: "0".repeat(64) } })),
      ["BUNDLE_CONTENT_MISMATCH"],
    ],
    [
      "sources that were not committed",
      forged(({ source }) => ({ source: { ...source, dirty: true } })),
      ["BUNDLE_DIRTY_SOURCE"],
    ],
  ])("a bundle with %s does not verify", (_, bytes, codes) => {
    expect(codesOf(bytes)).toEqual(codes);
  });

  test("all that is wrong is told at once", () => {
    const bytes = tampered(() => [FIRST, { path: "more", text: "" }]);

    expect(codesOf(bytes, { roster: NOBODY })).toEqual([
      "BUNDLE_UNTRUSTED_KEY",
      "BUNDLE_MISSING_FILE",
      "BUNDLE_UNLISTED_FILE",
      "BUNDLE_CHECKSUM",
      "BUNDLE_CONTENT_MISMATCH",
      "BUNDLE_CONTENT_MISMATCH",
    ]);
  });
});

test("a preview of what is not committed verifies, with a warning", () => {
  const { bytes } = builtOf({ label: "pr-preview", source: { commit: COMMIT, dirty: true } });

  expect(verify(bytes)).toMatchObject({ ok: true, warnings: ["it was built from sources that are not committed"] });
});

test("the pack of a bundle is the pack that went in", () => {
  const { pack } = verifyBundle(builtOf().bytes, { roster: ROSTER, at: NOW });

  expect(pack?.config_hash).toBe(shopPack().config_hash);
});
