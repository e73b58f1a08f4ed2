import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { contractDigest } from "../../guard/index.ts";
import { buildBundle } from "./build.ts";
import { rootDigest } from "./container.ts";
import { contentsOf } from "./contents.ts";
import { builtOf, COMMIT, inputOf, keyOf, NOW, shopPack } from "./testing/shop.ts";

const POLICIES = [
  { id: "slo", version: "1.0.0", digest: "a".repeat(64) },
  { id: "golden-suite", version: "2.0.0", digest: "b".repeat(64) },
];

test("BND-05: equal inputs give one root digest, whoever builds when and signs with which key", () => {
  const first = builtOf({ policies: POLICIES }).manifest;
  const second = builtOf({
    policies: [...POLICIES].reverse(),
    builder: "another",
    createdAt: instant(NOW + 86_400_000),
    key: keyOf(9),
  }).manifest;

  expect(second.root_digest).toBe(first.root_digest);
  expect(second.bundle_id).not.toBe(first.bundle_id);
});

test("a change of the pack, of a policy or of the bill of materials gives another root digest", () => {
  const roots = [
    builtOf(),
    builtOf({ pack: shopPack({ timeout_seconds: 11 }) }),
    builtOf({ policies: [] }),
    builtOf({ sbom: "{}" }),
  ].map(({ manifest }) => manifest.root_digest);

  expect(new Set(roots).size).toBe(4);
});

test("one input built twice gives the same bytes", () => {
  expect(builtOf().text).toBe(builtOf().text);
});

test("a bundle's id names label, time, commit and root digest", () => {
  const { bundle_id, root_digest } = builtOf().manifest;

  expect(bundle_id).toBe(`candidate-20260130-120000-${COMMIT.slice(0, 8)}-${root_digest.slice(0, 12)}`);
});

test("the manifest has the contract digests by which registries know the tools", () => {
  const pack = shopPack();
  const { look } = pack.pack.tools;

  expect(builtOf().manifest.tools).toEqual([
    { name: "look", version: "1.0.0", contract_digest: look === undefined ? "" : contractDigest(look) },
  ]);
  expect(contentsOf(pack).pack.digest).toBe(pack.config_hash);
});

test("the root digest is that of sorted lines of path, size and digest", () => {
  const a = { path: "a", size: 1, sha256: "0" };
  const b = { path: "b", size: 2, sha256: "1" };

  // printf 'a\0001\0000\nb\0002\0001\n' | sha256sum
  expect(rootDigest([b, a])).toBe(rootDigest([a, b]));
  expect(rootDigest([a, b])).toBe("ed72f6338bbc8005a8580e436a74d9f6b57006e3deac5deacc57fc644f598ad2");
});

test.each([
  ["a candidate of what is not committed", { source: { commit: COMMIT, dirty: true } }, "BUNDLE_DIRTY_SOURCE"],
  ["a release without a bill of materials", { label: "release" }, "BUNDLE_MISSING_EVIDENCE"],
  ["a hotfix without a bill of materials", { label: "hotfix" }, "BUNDLE_MISSING_EVIDENCE"],
] as const)("%s is not built", (_, other, code) => {
  expect(buildBundle(inputOf(other))).toMatchObject({ ok: false, refusal: { code } });
});
