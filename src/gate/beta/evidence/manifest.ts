import { z } from "zod";
import {
  accepted,
  type Digest,
  isJsonObject,
  issueText,
  type Json,
  type JsonObject,
  parseJson,
  type Result,
  rejected,
} from "../../../contracts/index.ts";
import { digestOfLong } from "../../long-text.ts";
import { count, digest, moment, OUTCOMES, SOURCES, word } from "./vocabulary.ts";

const span = { from: moment, to: moment };

const isOnce = <T>(keyOf: (entry: T) => string) =>
  [(entries: readonly T[]) => new Set(entries.map(keyOf)).size === entries.length, "each is named once"] as const;

const shape = z.object({
  bundleId: word,
  windowStart: moment,
  windowEnd: moment,
  cutoff: moment,
  corpusVersion: word,
  adapterVersion: word,
  /** As they were in force. */
  timers: z.object({ pendingSeconds: count, approvalTtlSeconds: count, ackSeconds: count, recoverySeconds: count }),
  sources: z
    .array(
      z.object({
        source: z.enum(SOURCES),
        rowCount: count,
        rowsHash: digest,
        /** When it was seen alive, half open. */
        coverage: z.array(z.object(span)),
      }),
    )
    .refine(...isOnce(({ source }: { readonly source: string }) => source)),
  fixtureRuns: z
    .array(
      z.object({
        fixtureRunId: word,
        ...span,
        cases: z.array(z.object({ fixtureCaseId: word, expectedOutcomes: z.array(z.enum(OUTCOMES)) })),
      }),
    )
    .refine(...isOnce(({ fixtureRunId }: { readonly fixtureRunId: string }) => fixtureRunId)),
  bundleHash: digest,
});

type Shape = z.infer<typeof shape>;

/** What a set of evidence says of itself (`signoff.evidence.manifest.v1`). */
export interface Manifest extends Shape {
  /** Of the manifest as it was written. */
  readonly digest: Digest;
  /** Whether `bundleHash` is the hash of all the rest of it. */
  readonly isHashed: boolean;
}

/** Reads a manifest. Refused with `GATE_EVIDENCE_MISSING`: nothing can be said of evidence without one. */
export function parseManifest(text: string): Result<Manifest> {
  const parsed = parseJson(text);
  if (!parsed.ok) return unreadable(parsed.refusal.message);
  const read = shape.safeParse(parsed.value);
  if (read.success)
    return accepted({
      ...read.data,
      digest: digestOfLong(parsed.value),
      isHashed: isHashed(parsed.value, read.data.bundleHash),
    });
  return unreadable(issueText(read.error));
}

const unreadable = (why: string) =>
  rejected({ code: "GATE_EVIDENCE_MISSING", message: `the manifest cannot be read: ${why}` });

function isHashed(value: Json, bundleHash: string): boolean {
  if (!isJsonObject(value)) return false;
  const { bundleHash: _, ...rest } = value;
  return bundleHashOf(rest) === bundleHash;
}

/** The hash of a manifest without its `bundleHash`. */
export const bundleHashOf = (manifest: JsonObject): string => digestOfLong(manifest);
