import { z } from "zod";
import { attemptNo, count, digest, id, moment, TARGETS, word } from "./vocabulary.ts";

const issue = { code: word, path: z.string(), message: z.string() };

export const dryRunReport = z.object({
  schemaVersion: z.literal("dryrun.report.v1"),
  dryRunId: id,
  intentId: id,
  attemptNo,
  status: z.enum(["ok", "conflict", "denied"]),
  checks: z.array(z.object({ name: word, pass: z.boolean(), detail: z.string().nullable() })),
  warnings: z.array(z.object(issue)),
  blockingIssues: z.array(z.object({ ...issue, recoverable: z.boolean() })),
});

export const previewDiff = z.object({
  schemaVersion: z.literal("preview.diff.v1"),
  diffId: id,
  intentId: id,
  attemptNo,
  summary: z.object({ adds: count, updates: count, removes: count, riskLevel: z.enum(["low", "medium", "high"]) }),
  changes: z.array(
    z.object({
      path: z.string(),
      before: z.json(),
      after: z.json(),
      reason: z.string(),
      requiresApproval: z.boolean(),
    }),
  ),
});

export const adaptationReport = z.object({
  schemaVersion: z.literal("responsive.adaptation.report.v1"),
  intentId: id,
  targetResults: z
    .array(
      z.object({
        target: z.enum(TARGETS),
        profileId: word,
        resolutionStatus: z.enum(["normal", "degraded_recoverable", "blocked_safe"]),
        conflictCount: count,
        recoverabilityPass: z.boolean(),
        launcherReachable: z.boolean(),
        closeRecoverReachable: z.boolean(),
        deterministicHash: digest,
      }),
    )
    .min(1),
  aggregate: z.object({
    allTargetsDeterministic: z.boolean(),
    allTargetsRecoverableOrBlockedSafe: z.boolean(),
  }),
});

export const correctionOutcome = z.object({
  intentId: id,
  enteredAt: moment,
  corrections: count,
  finalCode: word.nullable(),
  outcome: z.enum(["resolved", "exhausted", "blocked", "abandoned", "open"]),
});

export type DryRunReport = z.infer<typeof dryRunReport>;
export type AdaptationReport = z.infer<typeof adaptationReport>;
export type CorrectionOutcome = z.infer<typeof correctionOutcome>;
