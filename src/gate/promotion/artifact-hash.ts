import { z } from "zod";
import type { Problem } from "./problem.ts";

const sha = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower case");

/** A file of evidence: the hash that was recorded of it, and the one that it has; null where it is not there. */
export const ARTIFACT_HASH = z.strictObject({
  name: z.string().min(1),
  recorded_sha256: sha,
  observed_sha256: sha.nullable(),
});

/** Files that are not there, or are not what they were. */
export const hashProblems = (artifacts: readonly z.infer<typeof ARTIFACT_HASH>[]): readonly Problem[] =>
  artifacts.flatMap(({ name, recorded_sha256, observed_sha256 }) => {
    if (observed_sha256 === recorded_sha256) return [];
    return observed_sha256 === null
      ? [{ code: "EVIDENCE.MISSING", about: name, detail: "it is not there" }]
      : [{ code: "EVIDENCE.HASH_MISMATCH", about: name, detail: "its bytes are not those that were recorded" }];
  });
