import { after, type Code, formatInstant, type Instant, type Refusal } from "../../contracts/index.ts";
import type { CheckOutcome, Decision, EvaluationRow, PromotionCheckId } from "../../gate/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { BundleReport } from "../bundle/verify.ts";
import type { Lineage } from "../lineage/model.ts";
import type { RestingOn } from "../waiver/standing.ts";
import { approvalsProblem, type PromotionApproval } from "./approvals.ts";
import { concerns, currentOf, type Environment, type HeldBundle, type Hold, sourceOf } from "./environment.ts";
import type { JudgedGate } from "./judged-gates.ts";
import { lineageProblem } from "./lineage-check.ts";
import { type PromotionSource, provenanceProblem } from "./promotion-source.ts";
import {
  gateContractProblem,
  type NotAsked,
  readinessContractProblem,
  readinessStatusProblem,
  readinessTargetProblem,
} from "./readiness-checks.ts";
import type { Said } from "./said.ts";
import type { EnvironmentSettings } from "./settings.ts";
import { stateRefusal } from "./state-check.ts";

/*
 * May a bundle come into an environment? Pure: facts in, checks out. What they come to is decided by the policy of promotions.
 *
 * M1 A bundle comes into staging from dev, into prod from staging, and only while that environment holds just this bundle, by id
 *    and root digest, in good health.
 * M2 The last that each policy said, of those that the bundle pins, in a recorded evaluation about its root digest, is GO and still
 *    holds, as do the waivers that it rests on, which are for this environment; into staging and prod nothing comes that pins none.
 * M3 What was marked bad anywhere comes nowhere.
 * M4 Into staging and prod nothing comes whose lineage lacks an edge, however its decisions came out.
 * M5 Of a bundle that carries evidence, that is what its policies decide on. What they last said on other evidence in its place only adds: a
 *    NO-GO on that stops it too, and a GO takes nothing back.
 */

/** Everything that a promotion is judged by. */
export interface PromotionFacts {
  readonly to: Environment;
  readonly manifest: Manifest;
  readonly report: BundleReport;
  /** Every bundle in every environment of the tenant. */
  readonly held: readonly HeldBundle[];
  /** What policies last said of the bundle, by policy and profile. */
  readonly evaluations: readonly EvaluationFact[];
  /** What is stored of those of them that count for this environment. */
  readonly gates: readonly JudgedGate[];
  /** Which run built it; null where nobody says. */
  readonly source: PromotionSource | null;
  /** The waivers that these rest on, as they are now. */
  readonly waivers: readonly RestingOn[];
  /** Holds that are in force, of whatever scope. */
  readonly holds: readonly Hold[];
  /** Of the bundle, as the record gives it; null for dev, which asks for none. */
  readonly lineage: Lineage | null;
  /** What the environment asks. */
  readonly settings: EnvironmentSettings;
  /** Everybody's word about this root digest. */
  readonly approvals: readonly PromotionApproval[];
  /** Whose bundle it is. */
  readonly authors: readonly string[];
  readonly now: Instant;
}

/** What is asked of a recorded evaluation. */
export type EvaluationFact = Pick<
  EvaluationRow,
  | "evaluation_id"
  | "policy_id"
  | "policy_sha256"
  | "profile"
  | "verdict"
  | "cause"
  | "decision_sha256"
  | "decided_at"
  | "valid_until"
  | "waivers"
> &
  Pick<Said, "replaces">;

/** One condition of a promotion. Wire form. */
export interface PromotionCheck {
  readonly check: PromotionCheckId;
  readonly passed: boolean;
  /** `unknown`: what it rests on is not there; `not_applicable`: it is not asked of this promotion, and passes. */
  readonly outcome: CheckOutcome;
  /** Null where it passed. */
  readonly code: Code | null;
  readonly message: string;
}

type Check = (facts: PromotionFacts) => Refusal | NotAsked | null;

const CHECKS: readonly (readonly [name: PromotionCheckId, check: Check])[] = [
  ["bundle_verify_ok", ({ report }) => report.errors.find((error) => !isAboutKey(error)) ?? null],
  ["bundle_signature_valid", ({ report }) => report.errors.find(isAboutKey) ?? null],
  ["source_provenance_valid", provenanceProblem],
  ["environment_transition_allowed", transitionProblem],
  ["source_environment_has_same_bundle", sourceProblem],
  ["source_soak_satisfied", soakProblem],
  ["bundle_not_marked_bad", badProblem],
  ["release_gate_contract_valid", gateContractProblem],
  ["release_gate_allows_promotion", gateProblem],
  ["promotion_readiness_contract_valid", readinessContractProblem],
  ["promotion_readiness_status_passed", readinessStatusProblem],
  ["promotion_readiness_allows_target_env", readinessTargetProblem],
  [
    "approvals_satisfied",
    ({ manifest, settings, ...facts }) =>
      approvalsProblem({ ...facts, rootDigest: manifest.root_digest, needed: settings.approvals }),
  ],
  ["change_freeze_inactive", holdProblem],
  ["release_lineage_complete", lineageProblem],
  [
    "state_compatibility",
    ({ to, manifest, held }) => stateRefusal(manifest.compat ?? null, currentOf(held, to)?.compat ?? null),
  ],
];

/** All checks but that of what runs on it once it is there, in a fixed order. */
export const promotionChecks = (facts: PromotionFacts): readonly PromotionCheck[] =>
  CHECKS.map(([check, problemOf]) => {
    const found = problemOf(facts);
    if (found === null) return { check, passed: true, outcome: "pass", code: null, message: "" };
    if ("notAsked" in found)
      return { check, passed: true, outcome: "not_applicable", code: null, message: found.notAsked };
    const outcome = found.code === "RELEASE_GATE_EVIDENCE_MISSING" ? "unknown" : "fail";
    return { check, passed: false, outcome, code: found.code, message: found.message };
  });

/** The refusal of a promotion that the policy says NO-GO to: that of the first check that blocks it, with all in its details. */
export function refusalOf(
  checks: readonly PromotionCheck[],
  { blocked_by }: Pick<Decision, "blocked_by">,
): Refusal | null {
  const first = checks.find(({ check }) => blocked_by.includes(check));
  if (first === undefined || first.code === null) return null;
  return { code: first.code, message: first.message, details: { checks: checks.map((check) => ({ ...check })) } };
}

const ABOUT_KEY: readonly Code[] = [
  "BUNDLE_SIGNATURE",
  "BUNDLE_UNTRUSTED_KEY",
  "BUNDLE_KEY_EXPIRED",
  "BUNDLE_KEY_REVOKED",
  "BUNDLE_KEY_ROLE",
];

const isAboutKey = ({ code }: Refusal): boolean => ABOUT_KEY.includes(code);

function transitionProblem({ to, manifest, held }: PromotionFacts): Refusal | null {
  const { label, bundle_id } = manifest;
  if (label === "pr-preview" && to !== "dev")
    return no("ENVIRONMENT_TRANSITION_ALLOWED", `a pr-preview goes to dev, not to ${to}`);
  if (currentOf(held, to)?.bundle_id === bundle_id)
    return no("ENVIRONMENT_TRANSITION_ALLOWED", `${to} holds \`${bundle_id}\` already`);
  return null;
}

function sourceProblem({ to, manifest, held }: PromotionFacts): Refusal | null {
  const source = sourceOf(to);
  if (source === null) return null;
  const there = currentOf(held, source);
  const { bundle_id, root_digest } = manifest;
  const isSame = there?.bundle_id === bundle_id && there.root_digest === root_digest; // M1
  const code = "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE";
  if (!isSame) return no(code, `${source} holds ${there === undefined ? "nothing" : `\`${there.bundle_id}\``}`);
  return there.health === "good" ? null : no(code, `${source} holds the bundle, and its health is ${there.health}`);
}

/** Whether the environment before has held it long enough. */
function soakProblem({ to, settings, held, now }: PromotionFacts): Refusal | null {
  const source = sourceOf(to);
  const since = source === null ? null : (currentOf(held, source)?.held_since ?? null);
  if (source === null || since === null || now - since >= settings.soak_seconds * 1_000) return null;
  const until = formatInstant(after(since, settings.soak_seconds * 1_000));
  return no("SOURCE_SOAK_SATISFIED", `${source} has to hold it until ${until} before it goes on to ${to}`);
}

function badProblem({ manifest: { bundle_id, root_digest }, held }: PromotionFacts): Refusal | null {
  const bad = held.find((one) => one.health === "bad" && one.root_digest === root_digest); // M3
  return bad === undefined ? null : no("BUNDLE_MARKED_BAD", `\`${bundle_id}\` was marked bad in ${bad.environment}`);
}

function gateProblem(facts: PromotionFacts): Refusal | null {
  const { to, manifest } = facts;
  if (to === "dev") return null;
  if (manifest.policies.length === 0) return lacking("the bundle pins no policy that could say GO");
  for (const policy of manifest.policies) {
    const problem = policyProblem(policy, facts);
    if (problem !== null) return problem;
  }
  return null;
}

type Pinned = Manifest["policies"][number];

/** What a policy last said that concerns an environment: on the evidence that the bundle carries, and on other (M5). */
export function lastSaid<E extends EvaluationFact>(
  digest: string,
  to: Environment,
  evaluations: readonly E[],
): { readonly own: E | undefined; readonly other: E | undefined } {
  const all = evaluations.filter(({ policy_sha256, profile }) => policy_sha256 === digest && concerns(to, profile));
  const newestOf = (some: readonly E[]) =>
    some.reduce<E | undefined>((newest, one) => (isNewer(one, newest) ? one : newest), undefined);
  return {
    own: newestOf(all.filter(({ replaces }) => replaces.length === 0)),
    other: newestOf(all.filter(({ replaces }) => replaces.length > 0)),
  };
}

function policyProblem({ id, version, digest }: Pinned, facts: PromotionFacts): Refusal | null {
  const { to, evaluations, now } = facts;
  const policy = `policy \`${id}\` ${version}`;
  const { own, other } = lastSaid(digest, to, evaluations);
  if (own === undefined) {
    const on = other === undefined ? "" : ` on the ${namesOf(other)} that it carries`;
    return lacking(`${policy} was not evaluated about this bundle${on}`);
  }
  const against = noGoProblem(policy, own) ?? (other === undefined ? null : noGoProblem(policy, other));
  if (against !== null) return against;
  if (now >= own.valid_until) return lacking(`the GO of ${policy} held until ${formatInstant(own.valid_until)}`);
  return waiverProblem(`the GO of ${policy}`, own.waivers, facts);
}

function noGoProblem(policy: string, said: EvaluationFact): Refusal | null {
  if (said.verdict === "GO") return null;
  const on = said.replaces.length === 0 ? "" : `, on another ${namesOf(said)} than the bundle carries`;
  const message = `${policy} says NO-GO at ${formatInstant(said.decided_at)}${on}, in evaluation ${said.evaluation_id}`;
  return said.cause === "failed"
    ? no("RELEASE_GATE_ALLOWS_PROMOTION", message)
    : lacking(`${message} for want of evidence`);
}

const namesOf = ({ replaces }: EvaluationFact): string => replaces.map((name) => `\`${name}\``).join(", ");

/** Why a GO does not carry as far as its waivers would have to. */
function waiverProblem(go: string, ids: readonly string[], { to, waivers }: PromotionFacts): Refusal | null {
  for (const id of ids) {
    const waiver = waivers.find(({ waiver_id }) => waiver_id === id);
    const problem = waiver === undefined ? "not known" : waiver.problem;
    if (problem !== null) return lacking(`${go} rests on waiver ${id}, which is ${problem}`);
    if (waiver?.environments.includes(to) !== true)
      return no(
        "RELEASE_GATE_ALLOWS_PROMOTION",
        `${go} rests on waiver ${id}, which is not for ${to}: ask for one that is`,
      );
  }
  return null;
}

const isNewer = (one: EvaluationFact, newest: EvaluationFact | undefined): boolean =>
  newest === undefined ||
  one.decided_at > newest.decided_at ||
  (one.decided_at === newest.decided_at && one.evaluation_id > newest.evaluation_id);

const lacking = (message: string): Refusal => no("RELEASE_GATE_EVIDENCE_MISSING", message);

function holdProblem({ to, holds }: PromotionFacts): Refusal | null {
  const hold = holds.find(({ scope }) => scope === "all" || scope === to);
  return hold === undefined ? null : no("CHANGE_FREEZE_INACTIVE", `${hold.scope} is held: ${hold.reason}`);
}

const no = (code: Code, message: string): Refusal => ({ code, message });
