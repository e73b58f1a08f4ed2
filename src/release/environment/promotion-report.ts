import { z } from "zod";
import { assert, formatInstant, type Instant, isJsonObject, type JsonObject } from "../../contracts/index.ts";
import { BUNDLE_PROFILE, type CheckOutcome, DERIVATIONS, evaluateFiles, type Policy } from "../../gate/index.ts";
import type { Packet } from "../packet/packet.ts";
import { countedApprovals } from "./approvals.ts";
import { currentOf, type Environment, sourceOf } from "./environment.ts";
import type { PromotionCheck, PromotionFacts } from "./promotion.ts";
import { gateWord } from "./rollback-report.ts";

/*
 * PRM-04: the report of a promotion, which is what the policy of promotions decides on.
 *
 * P1 Before a move nothing runs on the bundle there, so the canary is not asked; once it was moved, the report is passed only when
 *    that is known to have gone well.
 */

export interface ReportedCheck {
  readonly check_id: string;
  readonly passed: boolean;
  readonly outcome: CheckOutcome;
  readonly detail: string;
}

/** What an environment holds. */
interface Pointer {
  readonly bundle_id: string;
  readonly root_digest: string;
}

/** Wire form. */
export interface PromotionReport {
  readonly contract: "release_bundle_promotion_v2";
  readonly generated_at: string;
  readonly status: ReportStatus;
  readonly environment: Environment;
  readonly source_environment: Environment | null;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly checks: readonly ReportedCheck[];
  readonly gate_decision: "go" | "conditional-go" | "no-go" | "unverified";
  readonly promotion_readiness_status: ReportStatus | "not_applicable";
  readonly approvals: readonly { readonly approval_id: string; readonly approver: string; readonly role: string }[];
  /** That decisions rest on which let it through. */
  readonly waivers: readonly string[];
  /** Which run built it, where somebody said. */
  readonly source: JsonObject | null;
  readonly previous_bundle_id: string | null;
  readonly current_pointer: Pointer | null;
  readonly lineage_digest: string | null;
}

type ReportStatus = "passed" | "failed" | "unverified";

/** The report of a promotion that is being decided. */
export function promotionReport(facts: PromotionFacts, checks: readonly PromotionCheck[]): PromotionReport {
  const { to, manifest, held, evaluations, settings, approvals, authors, source, lineage, now } = facts;
  const current = currentOf(held, to);
  const waivers = [...new Set(evaluations.flatMap((one) => one.waivers))].sort();
  const word = gateWord(manifest, to, evaluations);
  const counted = countedApprovals({
    to,
    rootDigest: manifest.root_digest,
    authors,
    needed: settings.approvals,
    approvals,
    now,
  });
  const reported = [...checks.map(checkOf), AHEAD]; // P1
  return {
    contract: "release_bundle_promotion_v2",
    generated_at: formatInstant(now),
    status: statusOf(reported),
    environment: to,
    source_environment: sourceOf(to),
    bundle_id: manifest.bundle_id,
    root_digest: manifest.root_digest,
    checks: reported,
    gate_decision: word === "go" && waivers.length > 0 ? "conditional-go" : word,
    promotion_readiness_status: readinessOf(reported),
    approvals: counted.map(({ approval_id, approver, role }) => ({ approval_id, approver, role })),
    waivers,
    source: source === null ? null : { ...source },
    previous_bundle_id: current?.bundle_id ?? null,
    current_pointer: current === undefined ? null : pointerOf(current),
    lineage_digest: lineage?.digest ?? null,
  };
}

const CANARY = "post_deploy_canary";

const AHEAD: ReportedCheck = {
  check_id: CANARY,
  passed: true,
  outcome: "not_applicable",
  detail: "nothing runs on it there yet",
};

const checkOf = ({ check, passed, outcome, message }: PromotionCheck): ReportedCheck => ({
  check_id: check,
  passed,
  outcome,
  detail: message,
});

const pointerOf = ({ bundle_id, root_digest }: Pointer): Pointer => ({ bundle_id, root_digest });

function statusOf(checks: readonly Pick<ReportedCheck, "outcome">[]): ReportStatus {
  if (checks.some(({ outcome }) => outcome === "fail")) return "failed";
  return checks.some(({ outcome }) => outcome === "unknown") ? "unverified" : "passed";
}

function readinessOf(checks: readonly ReportedCheck[]): PromotionReport["promotion_readiness_status"] {
  const asked = checks.filter(
    ({ check_id, outcome }) => check_id.startsWith("promotion_readiness_") && outcome !== "not_applicable",
  );
  return asked.length === 0 ? "not_applicable" : statusOf(asked);
}

/** A report with what was decided on it, and of what that can be decided again. */
export interface JudgedReport extends Pick<Packet, "profile" | "evidence" | "waivers" | "decision"> {
  readonly report: PromotionReport;
}

/** Decides on a promotion by its report: the one decision that moves anything. */
export function decidePromotion(policy: Policy, report: PromotionReport, decidedAt: Instant): JudgedReport {
  const evidence = [{ name: `R35-${report.environment}.json`, text: JSON.stringify(report) }];
  const asked = { profile: BUNDLE_PROFILE, waivers: null };
  const evaluated = evaluateFiles({ ...asked, policy, files: evidence, decidedAt }, DERIVATIONS);
  assert(evaluated.ok, "the policy of promotions decides on every report");
  return { ...asked, evidence, decision: evaluated.value.decision, report };
}

/** Entries of an environment's stream that say what came there, and how it does. */
export const REPORTED: readonly string[] = [
  "environment.promoted",
  "environment.rolled_back",
  "environment.canary",
  "environment.health",
];

/** One of them, as far as it says how a bundle does. */
export interface StreamEntry {
  readonly seq: number;
  readonly type: string;
  readonly payload: JsonObject;
}

/** PRM-05: how a promoted bundle has done since, by the entries after its promotion, the last word first. */
export function canarySince(
  bundleId: string,
  since: readonly StreamEntry[],
): Omit<ReportedCheck, "check_id" | "passed"> {
  for (const { type, payload } of since.toReversed()) {
    if (type === "environment.rolled_back" && payload.marked_bad === bundleId)
      return { outcome: "fail", detail: `it was rolled back: ${String(payload.reason)}` };
    if (payload.bundle_id !== bundleId) continue;
    if (type === "environment.canary" && payload.end === "pass") return { outcome: "pass", detail: "" };
    if (type === "environment.health" && payload.health === "bad")
      return { outcome: "fail", detail: `it does badly: ${String(payload.reason)}` };
    if (type === "environment.health") return { outcome: "pass", detail: "" };
  }
  return { outcome: "unknown", detail: "how it does there is not known yet" };
}

const RECORDED = z.looseObject({
  bundle_id: z.string(),
  checks: z.array(
    z.strictObject({
      check_id: z.string(),
      passed: z.boolean(),
      outcome: z.enum(["pass", "fail", "unknown", "not_applicable"]),
      detail: z.string(),
    }),
  ),
});

/**
 * The report of the last promotion into an environment as it is now; null where none is recorded with one.
 *
 * @param entries of the environment's stream, in order
 */
export function reportSince(
  entries: readonly StreamEntry[],
  { current, at }: { readonly current: Pointer | null; readonly at: Instant },
): JsonObject | null {
  const promoted = entries.findLast(({ type }) => type === "environment.promoted");
  const report = promoted?.payload.report;
  const recorded = RECORDED.safeParse(report);
  if (promoted === undefined || report === undefined || !isJsonObject(report) || !recorded.success) return null;
  const found = canarySince(
    recorded.data.bundle_id,
    entries.filter(({ seq }) => seq > promoted.seq),
  );
  const canary = { check_id: CANARY, passed: found.outcome === "pass", ...found };
  const checks = recorded.data.checks.map((check) => (check.check_id === CANARY ? canary : check));
  return {
    ...report,
    generated_at: formatInstant(at),
    status: statusOf(checks),
    checks: checks.map((check) => ({ ...check })),
    current_pointer: current === null ? null : { ...pointerOf(current) },
  };
}
