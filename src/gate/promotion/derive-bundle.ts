import { z } from "zod";
import { accepted, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import type { EvidenceFile } from "../derivation.ts";
import { inOrder } from "../measure.ts";
import type { EvidenceSet, Unit } from "../unit.ts";
import { type Problem, problemUnits, type Read, readDocument, stateOf, timeless } from "./problem.ts";

/** The profile under which the policy judges a bundle that is to come into an environment, not a run. */
export const BUNDLE_PROFILE = "bundle";

/** The source that those gates need. */
const SOURCE = "release_bundle_promotion";

/** PRM-04: every condition of a promotion, in the order in which they are told. */
export const PROMOTION_CHECKS = [
  "bundle_verify_ok",
  "bundle_signature_valid",
  "source_provenance_valid",
  "environment_transition_allowed",
  "source_environment_has_same_bundle",
  "source_soak_satisfied",
  "bundle_not_marked_bad",
  "release_gate_contract_valid",
  "release_gate_allows_promotion",
  "promotion_readiness_contract_valid",
  "promotion_readiness_status_passed",
  "promotion_readiness_allows_target_env",
  "approvals_satisfied",
  "change_freeze_inactive",
  "release_lineage_complete",
  "state_compatibility",
  "post_deploy_canary",
] as const;

/** A condition of a promotion. */
export type PromotionCheckId = (typeof PROMOTION_CHECKS)[number];

/** What a condition came to. */
export type CheckOutcome = "pass" | "fail" | "unknown" | "not_applicable";

const CHECK = z.looseObject({
  check_id: z.string(),
  passed: z.boolean(),
  detail: z.string().default(""),
  /** Where it does not stand, what `passed` says. */
  outcome: z.enum(["pass", "fail", "unknown", "not_applicable"]).optional(),
});

/** What is judged of a report of a promotion; its other members are of no account here. */
const REPORT = z.looseObject({
  contract: z.literal("release_bundle_promotion_v2"),
  environment: z.string().min(1),
  bundle_id: z.string().min(1),
  root_digest: z.string().min(1),
  status: z.enum(["passed", "failed", "unverified"]),
  checks: z.array(CHECK).max(1_000),
});
type Report = z.infer<typeof REPORT>;

/** As `env report` writes it, and as the release gate reads it. */
const NAME = /^(?:release_bundle_promotion|R35)(?:[-_][a-z0-9]+)?\.json$/;

/** The evidence of a promotion: its report, one document. Refused with `GATE_EVIDENCE_MISSING` where it is not there at all. */
export function deriveBundle(files: readonly EvidenceFile[]): Result<EvidenceSet> {
  const texts = [...new Set(files.filter(({ name }) => NAME.test(name)).map(({ text }) => text))].toSorted(inOrder);
  if (texts.length === 0)
    return rejected({ code: "GATE_EVIDENCE_MISSING", message: "there is no report of a promotion, `R35-prod.json`" });
  const read = readDocument("release_bundle_promotion.json", texts, REPORT);
  return accepted({
    digest: sha256Hex(texts.join("\n")),
    sources: { [SOURCE]: stateOf(read) },
    facts: {},
    units: {
      problem: problemUnits(read.ok ? problemsIn(read.value) : read.problems),
      check: PROMOTION_CHECKS.map((check) => checkUnit(check, read)),
      bundle: read.ok ? [bundleUnit(read.value)] : [],
    },
  });
}

const bundleUnit = ({ environment, bundle_id, root_digest }: Report): Unit =>
  timeless(bundle_id, { environment, bundle_id, root_digest });

function checkUnit(check: PromotionCheckId, read: Read<Report>): Unit {
  const found = read.ok ? read.value.checks.filter(({ check_id }) => check_id === check) : [];
  const [one] = found;
  if (one === undefined) return timeless(check, { check, outcome: "unknown", detail: "the report does not say" });
  if (found.length > 1) return timeless(check, { check, outcome: "unknown", detail: "the report says it twice" });
  return timeless(check, { check, outcome: outcomeOf(one), detail: one.detail });
}

const outcomeOf = ({ passed, outcome }: z.infer<typeof CHECK>): CheckOutcome => outcome ?? (passed ? "pass" : "fail");

/** What makes a report none: a condition that nobody knows, one that says two things, a status that is better than its conditions. */
function problemsIn({ status, checks }: Report): readonly Problem[] {
  const known: readonly string[] = PROMOTION_CHECKS;
  const isOpen = checks.some((one) => !one.passed);
  return [
    ...checks
      .filter(({ check_id }) => !known.includes(check_id))
      .map(({ check_id }) => invalid(check_id, "it is no condition of a promotion")),
    ...checks
      .filter((one) => one.passed !== ["pass", "not_applicable"].includes(outcomeOf(one)))
      .map(({ check_id }) => invalid(check_id, "its outcome and `passed` contradict each other")),
    ...(status === "passed" && isOpen ? [invalid("status", "passed, though a condition did not")] : []),
  ];
}

const invalid = (about: string, detail: string): Problem => ({ code: "CONTRACT.SCHEMA_INVALID", about, detail });
