import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ARTIFACT_KINDS, artifactChain, type ChainedArtifact, firstBrokenLink } from "./artifact-chain.ts";
import { besideOf, gateOf, promoted } from "./testing/promotion.ts";

/** What a real run wrote, and the links over it. */
const RUN: readonly (readonly [kind: ChainedArtifact["kind"], path: string, sha256: string, link: string])[] = [
  [
    "work.queue",
    "work.queue.json",
    "9184beca0413e93ba61fb2f8ba8209545ad21da3ab7454db922680ab1d93d2bb",
    "3cc78b3d6379992e0e2281a8474b74f2008bc4efcabca0aa2888db0fcc0a5b33",
  ],
  [
    "summary",
    "summary.json",
    "b71754d5c5258c80284e3c0a59566be3093fbfc7e227b28be2ba37a60762ccf2",
    "8d8b4243b240cb256e8786f44447bcd79d689c5ca95ae60a0dfcef6501009563",
  ],
  [
    "gate.decision",
    "gate/gate.decision.json",
    "bb526d9f097425df602958a75d4089963a133d74065540fcd5258615794a6ca4",
    "0a838e8e648124f19e51283ec2b4aa4dac8849b9be2e787ae553e3611f860b2b",
  ],
  [
    "promotion.decision",
    "promotion/promotion.decision.json",
    "f23d9150492768e18fbae3287c9e07acc8cc4c751c8c793ece54973ce7b61f54",
    "f5767262b2ada227781d13074bc927e28caacfdc82d9cdea214d6028b6e482db",
  ],
  [
    "run.manifest",
    "run.manifest.json",
    "19cd413c7ce0ad10650d4565afad700aeb779f7e3aa40ec377d53ca9aea33097",
    "c635d2f516807804a202c8b93eb8adf082604a6d66c14a9ec64f309e28e1450a",
  ],
];
const ARTIFACTS = RUN.map(([kind, path, sha256]) => ({ kind, path, sha256 }));
const CHAIN = artifactChain(ARTIFACTS);

describe("14.2 the chain over what a run wrote", () => {
  test("has the links of a real run, in whatever order its artifacts come, and names the kinds that there are none of", () => {
    expect(CHAIN.links.map(({ link }) => link)).toEqual(RUN.map(([, , , link]) => link));
    expect(CHAIN.head).toBe(RUN.at(-1)?.[3]);
    expect(artifactChain(ARTIFACTS.toReversed())).toEqual(CHAIN);
    expect(CHAIN.missing).toEqual(["task.result", "attempts", "evidence", "control.ledger", "state.space"]);
    expect(firstBrokenLink(CHAIN)).toBeNull();
  });

  test("breaks at the first artifact of which a byte, the path or the place changed, and not before", () => {
    fc.assert(
      fc.property(fc.nat({ max: RUN.length - 1 }), fc.constantFrom("sha256", "path", "link"), (at, member) => {
        const links = CHAIN.links.map((one, place) =>
          place === at ? { ...one, [member]: altered(one[member]) } : one,
        );
        return firstBrokenLink({ ...CHAIN, links }) === at + 1;
      }),
    );
    const [first, second, ...rest] = CHAIN.links;
    const swapped = [second, first, ...rest].flatMap((one) => one ?? []);
    expect(firstBrokenLink({ ...CHAIN, links: swapped })).toBe(1);
  });

  test("does not end otherwise than it says, and hides no kind that is missing", () => {
    expect(firstBrokenLink({ ...CHAIN, links: CHAIN.links.slice(0, 4) })).toBe(5);
    expect(firstBrokenLink({ ...CHAIN, missing: [] })).toBe(6);
    expect(artifactChain([])).toEqual({ links: [], head: "0".repeat(64), missing: [...ARTIFACT_KINDS] });
  });

  test("changes every later link when one artifact changes", () => {
    const other = ARTIFACTS.map((one, place) => (place === 1 ? { ...one, sha256: altered(one.sha256) } : one));
    const same = artifactChain(other).links.filter(({ link }, place) => link === CHAIN.links[place]?.link);

    expect(same.map(({ index }) => index)).toEqual([1]);
  });
});

/** Another text of the same form, which sorts where this one does. */
const altered = (text: string): string => `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`;

test("14.2 a promotion whose chain is broken, or holds other bytes than were hashed again, is rejected", () => {
  const [queue] = ARTIFACTS;
  const links = CHAIN.links.map((one, place) => (place === 2 ? { ...one, sha256: altered(one.sha256) } : one));
  const found = { name: queue?.path ?? "", recorded_sha256: "0".repeat(64), observed_sha256: "0".repeat(64) };

  const promotion = (beside: Parameters<typeof besideOf>[0]) =>
    promoted({ gate: gateOf("APPROVE"), beside: besideOf(beside) }).promotion;

  expect(promotion({ chain: CHAIN }).decision).toBe("APPROVE");
  for (const beside of [{ chain: { ...CHAIN, links } }, { chain: CHAIN, evidence: [found] }])
    expect(promotion(beside)).toMatchObject({ decision: "REJECT", reason_codes: ["EVIDENCE.HASH_MISMATCH"] });
});
