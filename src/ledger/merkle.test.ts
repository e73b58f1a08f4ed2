import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Digest, sha256Hex } from "../contracts/index.ts";
import { inclusionProof, isIncluded, merkleRoot } from "./merkle.ts";

const leavesOf = (count: number): readonly Digest[] => Array.from({ length: count }, (_, i) => sha256Hex(`leaf ${i}`));

const treeAndIndex = fc
  .integer({ min: 1, max: 70 })
  .chain((count) => fc.tuple(fc.constant(leavesOf(count)), fc.nat(count - 1)));

const digest = (leaves: readonly Digest[], index: number): Digest => leaves[index] ?? sha256Hex("none");

describe("Merkle roots", () => {
  it("the root of one leaf is the leaf", () => {
    expect(merkleRoot(leavesOf(1))).toBe(leavesOf(1)[0]);
  });

  it("an odd leaf is promoted unchanged", () => {
    const [first, second, third] = leavesOf(3);
    const pair = sha256Hex(Buffer.from(`01${first}${second}`, "hex"));

    expect(merkleRoot(leavesOf(3))).toBe(sha256Hex(Buffer.from(`01${pair}${third}`, "hex")));
  });

  it("an empty tree has no root", () => {
    expect(() => merkleRoot([])).toThrow("a tree has a leaf");
  });
});

describe("inclusion proofs", () => {
  it("every leaf of every tree is shown to be included", () => {
    fc.assert(
      fc.property(treeAndIndex, ([leaves, index]) => {
        const proof = inclusionProof(leaves, index);

        expect(isIncluded(digest(leaves, index), proof, merkleRoot(leaves))).toBe(true);
        expect(proof.path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(leaves.length)));
      }),
    );
  });

  it("a proof shows no other leaf, no other index and no other root", () => {
    fc.assert(
      fc.property(treeAndIndex, fc.nat(70), ([leaves, index], other) => {
        fc.pre(other !== index);
        const proof = inclusionProof(leaves, index);
        const leaf = digest(leaves, index);
        const root = merkleRoot(leaves);

        expect(isIncluded(sha256Hex("another"), proof, root)).toBe(false);
        expect(isIncluded(leaf, { ...proof, leaf_index: other }, root)).toBe(false);
        expect(isIncluded(leaf, proof, sha256Hex("another"))).toBe(false);
        expect(isIncluded(leaf, { ...proof, path: [...proof.path, root] }, root)).toBe(false);
      }),
    );
  });

  it("a malformed proof shows nothing", () => {
    const [leaf, other] = leavesOf(2);
    const root = merkleRoot(leavesOf(2));

    expect(isIncluded(leaf ?? root, { leaf_index: 0, leaf_count: 2, path: [] }, root)).toBe(false);
    expect(isIncluded(leaf ?? root, { leaf_index: -1, leaf_count: 2, path: [other ?? root] }, root)).toBe(false);
    expect(isIncluded(leaf ?? root, { leaf_index: 0.5, leaf_count: 2, path: [other ?? root] }, root)).toBe(false);
    expect(isIncluded(leaf ?? root, { leaf_index: 0, leaf_count: Number.NaN, path: [] }, leaf ?? root)).toBe(false);
  });
});
