import { createHash } from "node:crypto";
import { assert, type Digest, parseDigest } from "../contracts/index.ts";

/**
 * Merkle trees over entry hashes, which tie the heads of many streams into one signed root (commerce-kernel 12.6).
 *
 * M1 Leaves are hashes as they are; a node is SHA-256(0x01 || left || right). A leaf hashes JSON text, which starts with
 *    `{` and never with 0x01, so no node passes for a leaf.
 * M2 The odd node at the end of a level is promoted unchanged.
 * M3 A proof is bound to its leaf's index and the number of leaves: both decide which sides the path is on.
 */

/** Shows that a leaf is in the tree with a given root. Wire form; the path leads from the leaf upwards. */
export interface InclusionProof {
  readonly leaf_index: number;
  readonly leaf_count: number;
  readonly path: readonly Digest[];
}

const NODE = Uint8Array.of(1);

/** The root over at least one leaf; of a single leaf, the leaf. */
export function merkleRoot(leaves: readonly Digest[]): Digest {
  assert(leaves.length > 0, "a tree has a leaf");
  let level = leaves;
  while (level.length > 1) level = parents(level);
  return at(level, 0);
}

/** The proof for the leaf at `index`, at most log2 of the leaves long. */
export function inclusionProof(leaves: readonly Digest[], index: number): InclusionProof {
  assert(Number.isInteger(index) && index >= 0 && index < leaves.length, "the index names a leaf");
  const path: Digest[] = [];
  let level = leaves;
  for (let position = index; level.length > 1; position = position >> 1) {
    const sibling = position ^ 1;
    if (sibling < level.length) path.push(at(level, sibling));
    level = parents(level);
  }
  return { leaf_index: index, leaf_count: leaves.length, path };
}

/** Whether the proof shows that `leaf` is in the tree with this root. Any malformed proof is simply false. */
export function isIncluded(leaf: Digest, proof: InclusionProof, root: Digest): boolean {
  const { leaf_index, leaf_count, path } = proof;
  if (!Number.isSafeInteger(leaf_count) || !Number.isSafeInteger(leaf_index)) return false;
  if (leaf_index < 0 || leaf_index >= leaf_count) return false;
  let hash = leaf;
  let used = 0;
  for (let position = leaf_index, width = leaf_count; width > 1; position = Math.floor(position / 2)) {
    const hasSibling = position % 2 === 1 || position + 1 < width; // M2
    if (hasSibling) {
      const sibling = parseDigest(path[used++] ?? "");
      if (sibling === undefined) return false;
      hash = position % 2 === 1 ? node(sibling, hash) : node(hash, sibling);
    }
    width = Math.ceil(width / 2);
  }
  return used === path.length && hash === root;
}

function parents(level: readonly Digest[]): readonly Digest[] {
  const next: Digest[] = [];
  for (let i = 0; i + 1 < level.length; i += 2) next.push(node(at(level, i), at(level, i + 1)));
  if (level.length % 2 === 1) next.push(at(level, level.length - 1)); // M2
  return next;
}

function node(left: Digest, right: Digest): Digest {
  const hash = createHash("sha256").update(NODE).update(left, "hex").update(right, "hex").digest("hex");
  const digest = parseDigest(hash);
  assert(digest !== undefined, "a SHA-256 is 64 hex digits");
  return digest;
}

function at(level: readonly Digest[], index: number): Digest {
  const hash = level[index];
  assert(hash !== undefined, "the index is inside the level");
  return hash;
}
