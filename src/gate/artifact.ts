import { z } from "zod";
import { after, type Instant, type Json, PASS, parseInstant, refuse, type Verdict } from "../contracts/index.ts";
import type { GateRow } from "./decision.ts";
import type { FileEvaluation } from "./evaluate-files.ts";
import type { PolicyText } from "./policy-shape.ts";
import type { Cell } from "./unit.ts";

/** Evidence older than this says nothing of today's providers: 24 hours. */
const EVIDENCE_AGE_MS_MAX = 24 * 60 * 60 * 1000;

const text = z.string().nullable();

const stage = z
  .strictObject({
    name: z.string(),
    kind: z.enum(["raw", "lcb"]),
    n: z.int().nonnegative(),
    /** Null where nothing could be counted. */
    passes: z.int().nonnegative().nullable(),
    threshold: z.string(),
    lcb: z.string().optional(),
    passed: z.boolean(),
    reason: z.string(),
  })
  .readonly();

const document = z
  .strictObject({
    contract: z.literal("gate_artifact.v1"),
    artifact_version: z.literal(1),
    git_sha: text,
    config_hash: text,
    suite_ref: z.string(),
    started_at: text,
    finished_at: text,
    stages: z.array(stage).readonly(),
    flakes: z.array(z.string()).readonly(),
    quarantine_status: z.array(z.record(z.string(), z.json())).readonly(),
    deploy_blocked: z.boolean(),
    code: z.enum(["GATE_FAILED", "GATE_EVIDENCE_MISSING"]).nullable(),
    /** The digest of the decision that this is a view of. */
    decision: z.string(),
  })
  .readonly();

/** What a deployment reads before it begins. `code` is null exactly where `deploy_blocked` is false. */
export type GateArtifact = z.infer<typeof document>;

/** The gate artifact of a golden suite's evaluation: of exactly the pack and commit that its evidence names. */
export function suiteArtifact(policy: PolicyText, { decision, evidence }: FileEvaluation): GateArtifact {
  const suite = evidence.units.suite?.[0]?.columns ?? {};
  const flaky = (evidence.units.case ?? []).filter(({ columns }) => columns.flaky === true);
  const isBlocked = decision.verdict === "NO-GO";
  return {
    contract: "gate_artifact.v1",
    artifact_version: 1,
    git_sha: textIn(suite.git_sha),
    config_hash: textIn(suite.config_hash),
    suite_ref: decision.evidence.digest,
    started_at: textIn(suite.started_at),
    finished_at: textIn(suite.finished_at),
    stages: decision.gates.map((row) => stageOf(row, policy)),
    flakes: [...new Set(flaky.map(({ columns }) => String(columns.case)))],
    quarantine_status: (evidence.units.quarantine ?? []).map(({ columns }) => ({ ...columns })),
    deploy_blocked: isBlocked,
    code: isBlocked ? (decision.cause === "failed" ? "GATE_FAILED" : "GATE_EVIDENCE_MISSING") : null,
    decision: decision.digest,
  };
}

const textIn = (cell: Cell | undefined): string | null => (typeof cell === "string" ? cell : null);

/** A row as a stage of a pipeline: its numbers, and what it said. */
function stageOf(row: GateRow, { gates }: PolicyText): GateArtifact["stages"][number] {
  const { id, value, sample, bound, rule, status, reasons, standing } = row;
  const gate = gates.find((one) => id === one.id || id.startsWith(`${one.id}:`));
  const [passes] = /^\d+/.exec(value ?? "") ?? [];
  const isOut = standing === "excluded";
  return {
    name: id,
    kind: gate?.bound === undefined ? "raw" : "lcb",
    n: sample,
    passes: passes === undefined ? null : Number(passes),
    threshold: rule,
    ...(bound === null ? {} : { lcb: bound }),
    passed: status === "PASS" || isOut,
    reason: isOut ? "not of this profile" : [status, ...reasons].join(": "),
  };
}

/** What is to be deployed, and when. */
export interface Deployment {
  /** The pack's digest. */
  readonly configHash: string;
  readonly gitSha: string;
  readonly now: Instant;
}

/**
 * Whether something may be deployed now, on the word of a gate artifact as it was read. Anything but a fresh one, for exactly this
 * pack and commit, that does not block refuses: `GATE_FAILED` where a gate said no, else `GATE_EVIDENCE_MISSING`.
 */
export function deployVerdict(gate: Json | undefined, { configHash, gitSha, now }: Deployment): Verdict {
  const parsed = document.safeParse(gate);
  if (!parsed.success) return refuse("GATE_EVIDENCE_MISSING", "there is no gate artifact that can be read");
  const { config_hash, git_sha, started_at, finished_at, deploy_blocked, code, stages } = parsed.data;
  if (config_hash !== configHash) return refuse("GATE_EVIDENCE_MISSING", "the gate artifact is for another pack");
  if (git_sha !== gitSha) return refuse("GATE_EVIDENCE_MISSING", "the gate artifact is for another commit");
  if (code !== null) return refuse(code, "the gate artifact blocks the deploy");
  if (deploy_blocked || stages.length === 0) return refuse("GATE_FAILED", "the gate artifact contradicts itself");
  const [startedAt, finishedAt] = [parseInstant(started_at ?? ""), parseInstant(finished_at ?? "")];
  const isFresh =
    startedAt !== undefined &&
    finishedAt !== undefined &&
    finishedAt <= now && // from the future: a wrong clock is no evidence
    now <= after(startedAt, EVIDENCE_AGE_MS_MAX);
  return isFresh ? PASS : refuse("GATE_EVIDENCE_MISSING", "the gate artifact's evidence is not of the last 24 hours");
}
