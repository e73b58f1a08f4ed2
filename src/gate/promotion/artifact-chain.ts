import { z } from "zod";
import { digestOf } from "../../contracts/index.ts";
import { inOrder } from "../measure.ts";
import type { Problem } from "./problem.ts";

/*
 * The chain over what a run wrote: whoever holds its head holds every artifact's bytes, path and place.
 *
 * K1 A link is the digest of its artifact's number, kind, path and hash with the link before it; the first has zeros before it.
 * K2 Artifacts stand in the order of their kinds, within a kind by path. Kinds that a run has none of are named.
 */

/** Kinds of what a run writes, in the order of the chain (K2). */
export const ARTIFACT_KINDS = [
  "work.queue",
  "summary",
  "task.result",
  "attempts",
  "evidence",
  "gate.decision",
  "promotion.decision",
  "control.ledger",
  "state.space",
  "run.manifest",
] as const;

export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

const sha = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower case");

const LINK = z.strictObject({
  index: z.int().positive(),
  kind: z.enum(ARTIFACT_KINDS),
  path: z.string().min(1).max(1_000),
  sha256: sha,
  link: sha,
});

/** The most links of one run; more than anybody has artifacts. */
const LINKS_MAX = 100_000;

/** A chain as it is written down. */
export const ARTIFACT_CHAIN = z.strictObject({
  links: z.array(LINK).max(LINKS_MAX),
  /** The last link; zeros where there is none. */
  head: sha,
  /** Kinds of which there is nothing. */
  missing: z.array(z.enum(ARTIFACT_KINDS)),
});
export type ArtifactChain = z.infer<typeof ARTIFACT_CHAIN>;

export interface ChainedArtifact {
  readonly kind: ArtifactKind;
  /** Where it lies among what the run wrote, such as `gate/gate.decision.json`. */
  readonly path: string;
  /** Of its bytes. */
  readonly sha256: string;
}

const ZEROS = "0".repeat(64);

/** The chain over artifacts, in whatever order they come. */
export function artifactChain(artifacts: readonly ChainedArtifact[]): ArtifactChain {
  const links: ArtifactChain["links"] = [];
  for (const { kind, path, sha256 } of artifacts.toSorted(byPlace)) {
    const index = links.length + 1;
    links.push({ index, kind, path, sha256, link: linkOf({ index, kind, path, sha256 }, links.at(-1)?.link ?? ZEROS) });
  }
  const missing = ARTIFACT_KINDS.filter((kind) => !links.some((one) => one.kind === kind));
  return { links, head: links.at(-1)?.link ?? ZEROS, missing };
}

const linkOf = (artifact: Omit<z.infer<typeof LINK>, "link">, prev: string): string => digestOf({ ...artifact, prev }); // K1

const placeOf = (kind: ArtifactKind): number => ARTIFACT_KINDS.indexOf(kind);
const byPlace = (a: ChainedArtifact, b: ChainedArtifact): number =>
  placeOf(a.kind) - placeOf(b.kind) || inOrder(a.path, b.path); // K2

/** The number of the first link that is not as it has to be, one past the last where the end is; null where all are. */
export function firstBrokenLink(chain: ArtifactChain): number | null {
  const whole = artifactChain(chain.links);
  const at = whole.links.findIndex(({ link, index }, place) => {
    const stated = chain.links[place];
    return stated?.link !== link || stated.index !== index;
  });
  if (at >= 0) return at + 1;
  const isEnd =
    chain.head === whole.head && chain.missing.toSorted(inOrder).join() === whole.missing.toSorted(inOrder).join();
  return isEnd ? null : chain.links.length + 1;
}

/** What is wrong with a chain, by itself or beside files that were hashed again. */
export function chainProblems(
  chain: ArtifactChain,
  observed: readonly { readonly name: string; readonly observed_sha256: string | null }[],
): readonly Problem[] {
  const broken = firstBrokenLink(chain);
  const others = chain.links.filter(({ path, sha256 }) =>
    observed.some(({ name, observed_sha256 }) => name === path && observed_sha256 !== sha256),
  );
  return [
    ...(broken === null ? [] : [mismatch("chain", `its link ${broken} is not what it has to be`)]),
    ...others.map(({ path, index }) => mismatch(path, `it is not what link ${index} of the chain holds`)),
  ];
}

const mismatch = (about: string, detail: string): Problem => ({ code: "EVIDENCE.HASH_MISMATCH", about, detail });
