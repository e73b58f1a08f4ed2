import { z } from "zod";
import { formatInstant, type Instant } from "../../contracts/index.ts";
import type { Decision } from "../../gate/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { BundleReport } from "../bundle/verify.ts";
import { ENVIRONMENTS, type Environment } from "./environment.ts";
import { type EvaluationFact, lastSaid } from "./promotion.ts";

const text = z.string();

/** RBK-05: how an environment was put back. Wire form. */
export const ROLLBACK_REPORT = z
  .strictObject({
    contract: z.literal("release_bundle_rollback_v1"),
    environment: z.enum(ENVIRONMENTS),
    from_bundle_id: text,
    to_bundle_id: text,
    selection_rule: z.enum(["last_known_good", "named"]),
    reason: text,
    incident_ref: text.nullable(),
    operator: text,
    started_at: text,
    switched_at: text,
    finished_at: text,
    duration_s: z.number(),
    verification: z.strictObject({ ok: z.boolean(), verified_files: z.int() }).readonly(),
    compatibility: z.strictObject({ ok: z.boolean() }).readonly(),
    canary: z
      .strictObject({
        suites: z
          .array(z.strictObject({ suite: text, evaluation_id: text, decision_sha256: text }).readonly())
          .readonly(),
        /** `unverified`: too little ran on it to tell; `not_applicable`: no new run starts on it. */
        status: z.enum(["passed", "failed", "unverified", "not_applicable"]),
      })
      .readonly(),
    gate_decision: z.enum(["go", "no-go", "unverified"]),
    status: z.enum(["passed", "rollback_incomplete"]),
    /** Null where the bundle carries none. */
    lineage_digest: text.nullable(),
  })
  .readonly();

export type RollbackReport = z.infer<typeof ROLLBACK_REPORT>;
type CanaryStatus = RollbackReport["canary"]["status"];
type GateWord = RollbackReport["gate_decision"];

/** A move back, as it is judged. */
export interface PutBack {
  readonly environment: Environment;
  readonly from: string;
  readonly manifest: Manifest;
  readonly verification: Pick<BundleReport, "ok" | "verified_files">;
  readonly selectionRule: RollbackReport["selection_rule"];
  /** Whether new runs start on it: nothing further on holds a bundle. */
  readonly isServed: boolean;
  readonly reason: string;
  readonly incidentRef: string | null;
  readonly by: string;
  readonly startedAt: Instant;
  readonly switchedAt: Instant;
}

/**
 * RBK-04: what the policies of a bundle last said of it, of whatever age: who goes back to what did well does not wait for new evidence.
 * Of a bundle that pins none nobody says no. PRM-03: on other evidence than the bundle carries they say no at most.
 */
export function gateWord(
  { policies }: Pick<Manifest, "policies">,
  environment: Environment,
  evaluations: readonly EvaluationFact[],
): GateWord {
  const words = policies.flatMap(({ digest }) => {
    const { own, other } = lastSaid(digest, environment, evaluations);
    return [own?.verdict, ...(other === undefined ? [] : [other.verdict])];
  });
  if (words.includes("NO-GO")) return "no-go";
  return words.includes(undefined) ? "unverified" : "go";
}

/**
 * What ran on it lately: failed where a row says so that would abort a canary; passed on a GO; else nobody knows, and where no new run
 * starts on it nobody has to.
 */
function canaryStatus(
  { gates, verdict }: Pick<Decision, "gates" | "verdict">,
  { isServed }: Pick<PutBack, "isServed">,
): CanaryStatus {
  const isFailed = gates.some(
    ({ status, standing, severity }) =>
      status === "FAIL" && standing === "counts" && (severity === "critical" || severity === "high"),
  );
  if (isFailed) return "failed";
  if (verdict === "GO") return "passed";
  return isServed ? "unverified" : "not_applicable";
}

/**
 * PRM-05, RBK-04: the report of a rollback after it was judged. It is complete where the gate says go and what ran on the bundle shows
 * that it does well: that nothing ran is not known to be well.
 */
export function rollbackReport(
  back: PutBack,
  judged: {
    readonly gate: GateWord;
    /** Null where nothing could be evaluated. */
    readonly evaluated: { readonly decision: Decision; readonly evaluationId: string } | null;
    readonly finishedAt: Instant;
  },
): RollbackReport {
  const { gate, evaluated, finishedAt } = judged;
  const status = evaluated === null ? "unverified" : canaryStatus(evaluated.decision, back);
  const isComplete = back.verification.ok && gate === "go" && (status === "passed" || status === "not_applicable");
  return {
    contract: "release_bundle_rollback_v1",
    environment: back.environment,
    from_bundle_id: back.from,
    to_bundle_id: back.manifest.bundle_id,
    selection_rule: back.selectionRule,
    reason: back.reason,
    incident_ref: back.incidentRef,
    operator: back.by,
    started_at: formatInstant(back.startedAt),
    switched_at: formatInstant(back.switchedAt),
    finished_at: formatInstant(finishedAt),
    duration_s: (finishedAt - back.startedAt) / 1_000,
    verification: { ok: back.verification.ok, verified_files: back.verification.verified_files },
    compatibility: { ok: true },
    canary: {
      suites: evaluated === null ? [] : [suiteOf(evaluated)],
      status,
    },
    gate_decision: gate,
    status: isComplete ? "passed" : "rollback_incomplete",
    lineage_digest: back.manifest.lineage?.digest ?? null,
  };
}

const suiteOf = ({ decision, evaluationId }: { readonly decision: Decision; readonly evaluationId: string }) => ({
  suite: decision.policy.id,
  evaluation_id: evaluationId,
  decision_sha256: decision.digest,
});
