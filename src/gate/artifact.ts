import { z } from "zod";
import {
  after,
  type Digest,
  formatInstant,
  type Instant,
  PASS,
  parseInstant,
  refuse,
  type Verdict,
} from "../contracts/index.ts";

/** Evidence older than this says nothing of today's providers: 24 hours. */
export const EVIDENCE_AGE_MS_MAX = 24 * 60 * 60 * 1000;

const blockingCode = z.enum(["GATE_FAILED", "GATE_EVIDENCE_MISSING"]).nullable();

const stage = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["raw", "lcb"]),
    n: z.int().nonnegative(),
    passes: z.int().nonnegative(),
    threshold: z.number(),
    lcb: z.number().optional(),
    passed: z.boolean(),
    code: blockingCode,
    reason: z.string(),
    failed: z.array(z.string()).readonly(),
    missing: z.array(z.string()).readonly(),
  })
  .readonly();

const document = z
  .strictObject({
    artifact_version: z.literal(1),
    artifact_digest: z.string(),
    suite_ref: z.string().nullable(),
    started_at: z.string().nullable(),
    finished_at: z.string().nullable(),
    stages: z.array(stage).readonly(),
    deploy_blocked: z.boolean(),
    code: blockingCode,
  })
  .readonly();

/** One gate's numbers, its words, and the tests that kept it from passing (the first thousand of each kind). */
export type Stage = z.infer<typeof stage>;

/** What a deployment reads before it begins. `code` is null exactly where `deploy_blocked` is false. */
export type GateArtifact = z.infer<typeof document>;

/** A suite's run, for exactly one artifact. `suite` is null where there is no report that can be read. */
export interface GateEvidence {
  readonly artifactDigest: Digest;
  readonly suite: (Span & { readonly ref: Digest }) | null;
  readonly stages: readonly Stage[];
  readonly evaluatedAt: Instant;
}

/** The gate artifact of a suite's run. It blocks unless there is fresh evidence and every stage of it passed. */
export function gateArtifact(evidence: GateEvidence): GateArtifact {
  const { artifactDigest, suite, stages } = evidence;
  const code = blockedBy(evidence);
  return {
    artifact_version: 1,
    artifact_digest: artifactDigest,
    suite_ref: suite?.ref ?? null,
    started_at: suite === null ? null : formatInstant(suite.startedAt),
    finished_at: suite === null ? null : formatInstant(suite.finishedAt),
    stages,
    deploy_blocked: code !== null,
    code,
  };
}

function blockedBy({ suite, stages, evaluatedAt }: GateEvidence): GateArtifact["code"] {
  const failing = stages.filter(({ passed }) => !passed);
  if (failing.some(({ code }) => code === "GATE_FAILED")) return "GATE_FAILED";
  const isEvident = suite !== null && isFresh(suite, evaluatedAt) && stages.length > 0;
  return isEvident && failing.length === 0 ? null : "GATE_EVIDENCE_MISSING";
}

/**
 * Whether an artifact may be deployed now, on the word of a gate artifact as it was read. Anything but a fresh one, for exactly
 * this digest, whose every stage passed refuses: `GATE_FAILED` where a gate said no, else `GATE_EVIDENCE_MISSING`.
 */
export function deployVerdict(
  gate: unknown,
  { digest, now }: { readonly digest: Digest; readonly now: Instant },
): Verdict {
  const parsed = document.safeParse(gate);
  if (!parsed.success) return refuse("GATE_EVIDENCE_MISSING", "there is no gate artifact that can be read");
  const { artifact_digest, started_at, finished_at, deploy_blocked, code, stages } = parsed.data;
  if (artifact_digest !== digest) return refuse("GATE_EVIDENCE_MISSING", "the gate artifact is for another artifact");
  if (code !== null) return refuse(code, "the gate artifact blocks the deploy");
  if (deploy_blocked || stages.length === 0 || stages.some(({ passed }) => !passed))
    return refuse("GATE_FAILED", "the gate artifact contradicts itself");
  const [startedAt, finishedAt] = [parseInstant(started_at ?? ""), parseInstant(finished_at ?? "")];
  if (startedAt === undefined || finishedAt === undefined || !isFresh({ startedAt, finishedAt }, now))
    return refuse("GATE_EVIDENCE_MISSING", "the gate artifact's evidence is not of the last 24 hours");
  return PASS;
}

interface Span {
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
}

/** Not too old, by its oldest part, and not from the future: a wrong clock is no evidence. */
const isFresh = ({ startedAt, finishedAt }: Span, now: Instant): boolean =>
  finishedAt <= now && now <= after(startedAt, EVIDENCE_AGE_MS_MAX);
