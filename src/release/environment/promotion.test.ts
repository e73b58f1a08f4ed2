import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { assert, instant, isCode, sha256Hex } from "../../contracts/index.ts";
import { parsePolicy } from "../../gate/index.ts";
import { builtOf, entryOf, NOW, RELEASE_KEY, ROSTER, rosterOf } from "../bundle/testing/shop.ts";
import { verifyBundle } from "../bundle/verify.ts";
import type { PromotionApproval } from "./approvals.ts";
import type { Environment, HeldBundle } from "./environment.ts";
import { type EvaluationFact, type PromotionFacts, promotionChecks, refusalOf } from "./promotion.ts";
import { decidePromotion, promotionReport } from "./promotion-report.ts";
import { settingsOf } from "./settings.ts";

const SLO = sha256Hex("slo");
const BUILT = builtOf({ policies: [{ id: "slo", version: "1.0.0", digest: SLO }] });
const { manifest } = BUILT;

const said = (other: Partial<EvaluationFact> = {}): EvaluationFact => ({
  evaluation_id: "e1",
  policy_id: "slo",
  policy_sha256: SLO,
  profile: null,
  verdict: "GO",
  cause: null,
  decision_sha256: sha256Hex("decision"),
  decided_at: instant(NOW - 1_000),
  valid_until: instant(NOW + 1_000),
  waivers: [],
  replaces: [],
  ...other,
});
const NO_GO = said({ verdict: "NO-GO", cause: "failed" });

const held = (environment: Environment, other: Partial<HeldBundle> = {}): HeldBundle => ({
  environment,
  bundle_id: manifest.bundle_id,
  root_digest: manifest.root_digest,
  label: manifest.label,
  artifact_digest: sha256Hex("file"),
  pack_digest: manifest.pack.digest,
  contract_digests: [],
  added_at: NOW,
  health: "good",
  last_seq: 1,
  is_current: true,
  held_since: NOW,
  compat: null,
  ...other,
});

/** Facts under which the bundle comes from staging to prod. */
const factsOf = (other: Partial<PromotionFacts> = {}): PromotionFacts => ({
  to: "prod",
  manifest,
  report: verifyBundle(BUILT.bytes, { roster: ROSTER, at: NOW }).report,
  held: [held("staging")],
  evaluations: [said()],
  gates: [],
  source: null,
  waivers: [],
  holds: [],
  lineage: null,
  settings: settingsOf("prod", "sandbox", {}),
  approvals: [],
  authors: ["ada"],
  now: NOW,
  ...other,
});

const policy = parsePolicy(readFileSync(new URL("../../../policies/promotion.yaml", import.meta.url), "utf8"));
assert(policy.ok, "the policy of promotions can be read");
const POLICY = policy.value;

/** What the policy of promotions decides. */
function decided(other: Partial<PromotionFacts> = {}) {
  const facts = factsOf(other);
  const checks = promotionChecks(facts);
  const report = promotionReport(facts, checks);
  return { checks, ...decidePromotion(POLICY, report, NOW) };
}

const failing = (other: Partial<PromotionFacts>) =>
  promotionChecks(factsOf(other))
    .filter(({ passed }) => !passed)
    .map(({ check, code }) => [check, code]);

test("a bundle that verifies, is healthy in the environment before, decided GO and not held passes every check", () => {
  const checks = promotionChecks(factsOf());

  expect(checks.map(({ check }) => check)).toEqual([
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
  ]);
  expect(checks.every(({ passed, code }) => passed && code === null)).toBe(true);
  expect(decided().decision).toMatchObject({ verdict: "GO", policy: { id: "promotion" }, profile: "bundle" });
});

test("a GO after a NO-GO counts, and so does one of any profile that is no environment", () => {
  const earlier = { ...NO_GO, decided_at: instant(NOW - 2_000) };

  expect(failing({ evaluations: [earlier, said()] })).toEqual([]);
  expect(failing({ evaluations: [said({ profile: "strict" })] })).toEqual([]);
});

describe("PRM-03: newer evidence than the bundle carries adds what it finds, and takes nothing back", () => {
  const REFUSED = [["release_gate_allows_promotion", "RELEASE_GATE_ALLOWS_PROMOTION"]];
  const onOther = (other: Partial<EvaluationFact>) => said({ replaces: ["R05.json"], decided_at: NOW, ...other });
  const against = onOther({ verdict: "NO-GO", cause: "failed", decided_at: instant(NOW - 500) });
  const messagesOf = (other: Partial<PromotionFacts>) => promotionChecks(factsOf(other)).map(({ message }) => message);

  test("a GO on other evidence does not take the place of the NO-GO on what it carries", () => {
    expect(failing({ evaluations: [NO_GO, onOther({})] })).toEqual(REFUSED);
  });

  test("a NO-GO on other evidence stops what the bundle carries a GO for, and says which file was another, until that is GO too", () => {
    expect(failing({ evaluations: [said(), against] })).toEqual(REFUSED);
    expect(messagesOf({ evaluations: [said(), against] })).toContainEqual(
      expect.stringMatching(/says NO-GO at .*, on another `R05.json` than the bundle carries, in evaluation \S+$/),
    );
    expect(failing({ evaluations: [said({ decided_at: NOW }), against] })).toEqual(REFUSED);
    expect(failing({ evaluations: [said(), against, onOther({ valid_until: NOW })] })).toEqual([]);
  });

  test("a GO on other evidence alone lets nothing through", () => {
    expect(failing({ evaluations: [onOther({})] })).toEqual([
      ["release_gate_allows_promotion", "RELEASE_GATE_EVIDENCE_MISSING"],
    ]);
    expect(messagesOf({ evaluations: [onOther({})] })).toContainEqual(
      "policy `slo` 1.0.0 was not evaluated about this bundle on the `R05.json` that it carries",
    );
  });
});

describe("PRM-01, PRM-04: one fact that is otherwise fails one check", () => {
  const SAME = "source_environment_has_same_bundle";
  const GATE = "release_gate_allows_promotion";
  const [REFUSED, MISSING] = ["RELEASE_GATE_ALLOWS_PROMOTION", "RELEASE_GATE_EVIDENCE_MISSING"];
  const preview = { ...manifest, label: "pr-preview" as const };
  const revoked = rosterOf(entryOf(RELEASE_KEY, { revoked_at: "2026-01-02T00:00:00Z" }));
  const hold = { hold_id: "h", reason: "peak season", placed_by: "grace", placed_at: NOW, basis: null };

  test.each<[string, Partial<PromotionFacts>, string, string]>([
    [
      "an altered bundle",
      { report: verifyBundle(Buffer.concat([BUILT.bytes, Buffer.from("{}\n")]), { roster: ROSTER, at: NOW }).report },
      "bundle_verify_ok",
      "BUNDLE_MALFORMED",
    ],
    [
      "a revoked key",
      { report: verifyBundle(BUILT.bytes, { roster: revoked, at: NOW }).report },
      "bundle_signature_valid",
      "BUNDLE_KEY_REVOKED",
    ],
    [
      "a preview",
      { manifest: preview, held: [held("staging", { label: preview.label })] },
      "environment_transition_allowed",
      "ENVIRONMENT_TRANSITION_ALLOWED",
    ],
    [
      "a bundle that is there already",
      { held: [held("staging"), held("prod")] },
      "environment_transition_allowed",
      "ENVIRONMENT_TRANSITION_ALLOWED",
    ],
    ["nothing in staging", { held: [] }, SAME, "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE"],
    ["the bundle in dev alone", { held: [held("dev")] }, SAME, "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE"],
    [
      "W45: another root digest in staging",
      { held: [held("staging", { root_digest: "0".repeat(64) })] },
      SAME,
      "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
    ],
    [
      "a bundle that staging held before",
      { held: [held("staging", { is_current: false })] },
      SAME,
      "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
    ],
    [
      "a health that nobody knows yet",
      { held: [held("staging", { health: "pending" })] },
      SAME,
      "SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE",
    ],
    [
      "a bundle that was bad in dev",
      { held: [held("staging"), held("dev", { health: "bad", is_current: false })] },
      "bundle_not_marked_bad",
      "BUNDLE_MARKED_BAD",
    ],
    ["W42: a policy whose evaluator threw, so that nothing was recorded", { evaluations: [] }, GATE, MISSING],
    ["another version of the policy", { evaluations: [said({ policy_sha256: sha256Hex("x") })] }, GATE, MISSING],
    ["a GO that has just expired", { evaluations: [said({ valid_until: NOW })] }, GATE, MISSING],
    ["NO-GO for want of evidence", { evaluations: [said({ verdict: "NO-GO", cause: "missing" })] }, GATE, MISSING],
    [
      "W43: NO-GO for prod, though staging has a GO",
      { evaluations: [{ ...NO_GO, profile: "prod" }, said({ profile: "staging", decided_at: NOW })] },
      GATE,
      REFUSED,
    ],
    ["a GO for staging alone", { evaluations: [said({ profile: "staging" })] }, GATE, MISSING],
    ["a NO-GO after a GO", { evaluations: [said(), { ...NO_GO, decided_at: NOW, profile: "strict" }] }, GATE, REFUSED],
    [
      "a NO-GO recorded after a GO of the same instant",
      { evaluations: [said(), { ...NO_GO, evaluation_id: "e2" }] },
      GATE,
      REFUSED,
    ],
    ["a bundle that pins no policy", { manifest: { ...manifest, policies: [] } }, GATE, MISSING],
    [
      "W52: a hold on prod",
      { holds: [{ ...hold, scope: "prod" }] },
      "change_freeze_inactive",
      "CHANGE_FREEZE_INACTIVE",
    ],
    ["a hold on all", { holds: [{ ...hold, scope: "all" }] }, "change_freeze_inactive", "CHANGE_FREEZE_INACTIVE"],
  ])("%s", (_, other, check, code) => {
    const { checks, report, decision } = decided(other);

    expect(failing(other)).toEqual([[check, code]]);
    expect(isCode(code)).toBe(true);
    expect(decision).toMatchObject({ verdict: "NO-GO", blocked_by: [check] });
    expect(decision.cause).toBe(code === MISSING ? "missing" : "failed");
    expect(report.status).toBe(code === MISSING ? "unverified" : "failed");
    expect(refusalOf(checks, decision)).toMatchObject({ code });
  });
});

test("what a policy said against a bundle names the evaluation that says why", () => {
  const noGo = said({ verdict: "NO-GO", cause: "failed", evaluation_id: "e7" });

  expect(decided({ evaluations: [noGo] }).checks.find(({ passed }) => !passed)?.message).toMatch(/, in evaluation e7$/);
});

test("dev takes what verifies: no bundle has to be anywhere before, and nothing was decided yet", () => {
  expect(failing({ to: "dev", held: [], evaluations: [] })).toEqual([]);
});

test("a hold on another environment keeps nothing out", () => {
  const hold = {
    hold_id: "h",
    scope: "staging",
    reason: "r",
    placed_by: "grace",
    placed_at: NOW,
    basis: null,
  } as const;

  expect(failing({ holds: [hold] })).toEqual([]);
});

test("a promotion that several checks keep back names the first, and tells all", () => {
  const { checks, decision } = decided({ held: [], evaluations: [] });
  const refusal = refusalOf(checks, decision);

  expect(refusal?.code).toBe("SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE");
  expect(refusal?.details?.checks).toHaveLength(16);
});

const resting = (other: Partial<PromotionFacts["waivers"][number]> = {}) => ({
  waiver_id: "W-2026-0001",
  environments: ["dev", "prod"],
  problem: null,
  ...other,
});
const waived = { evaluations: [said({ waivers: ["W-2026-0001"] })] };

test("W43 a GO that rests on a waiver carries only into environments that the waiver names", () => {
  const refused = [["release_gate_allows_promotion", "RELEASE_GATE_ALLOWS_PROMOTION"]];

  expect(failing({ ...waived, waivers: [resting()] })).toEqual([]);
  expect(failing({ ...waived, waivers: [resting({ environments: ["dev", "staging"] })] })).toEqual(refused);
});

test("W51 a GO whose waiver is over, revoked or not known is no GO any more", () => {
  const refused = [["release_gate_allows_promotion", "RELEASE_GATE_EVIDENCE_MISSING"]];

  expect(failing({ ...waived, waivers: [resting({ problem: "expired" })] })).toEqual(refused);
  expect(failing({ ...waived, waivers: [] })).toEqual(refused);
});

const approval = (approver: string, other: Partial<PromotionApproval> = {}): PromotionApproval => ({
  approval_id: `by ${approver}`,
  environment: "prod",
  bundle_id: manifest.bundle_id,
  root_digest: manifest.root_digest,
  approver,
  role: "approver",
  statement: "looked at it",
  approved_at: instant(NOW - DAY_MS),
  expires_at: instant(NOW + 6 * DAY_MS),
  ...other,
});

const DAY_MS = 86_400_000;
const OWNER = approval("olga", { role: "admin" });
const LIVE = settingsOf("prod", "live", { soak_seconds: 0 });

describe("PRM-06: prod takes two people who are no authors, one of them an owner, for this digest and these days", () => {
  const said = (...approvals: readonly PromotionApproval[]) => failing({ settings: LIVE, approvals });
  const LACKING = [["approvals_satisfied", "APPROVALS_SATISFIED"]];

  test("two who may are enough, and more are no harm", () => {
    expect(said(OWNER, approval("grace"))).toEqual([]);
    expect(said(OWNER, approval("grace"), approval("alan"))).toEqual([]);
  });

  test.each<[string, readonly PromotionApproval[]]>([
    ["W44: one alone", [OWNER]],
    ["nobody", []],
    ["one person twice", [OWNER, { ...OWNER, approval_id: "again" }]],
    ["two of whom none is an owner", [approval("grace"), approval("alan")]],
    ["the author", [OWNER, approval("ada")]],
    ["one for another digest", [OWNER, approval("grace", { root_digest: "0".repeat(64) })]],
    ["one for another environment", [OWNER, approval("grace", { environment: "staging" })]],
    ["one that has just expired", [OWNER, approval("grace", { expires_at: NOW })]],
    ["one of the future", [OWNER, approval("grace", { approved_at: instant(NOW + 1) })]],
  ])("%s is not", (_, approvals) => {
    expect(said(...approvals)).toEqual(LACKING);
  });

  test("staging takes one of any role, dev none; a tenant that only tries things out asks for none", () => {
    const staging = { to: "staging", held: [held("dev")], evaluations: [{ ...FOR_ALL }] } as const;
    const one = { ...staging, settings: settingsOf("staging", "live", { soak_seconds: 0 }) };

    expect(failing({ ...one, approvals: [approval("grace", { environment: "staging" })] })).toEqual([]);
    expect(failing(one)).toEqual(LACKING);
    expect((["dev", "staging", "prod"] as const).map((to) => settingsOf(to, "live", {}).approvals)).toEqual([0, 1, 2]);
    expect((["dev", "staging", "prod"] as const).map((to) => settingsOf(to, "sandbox", {}).approvals)).toEqual([
      0, 0, 0,
    ]);
  });
});

const FOR_ALL = said();

test("PRM-04 source_soak_satisfied: staging has to have held it for a day, dev for an hour, where customers are", () => {
  const settings = settingsOf("prod", "live", { approvals: 0 });
  const since = (ms: number) => failing({ settings, held: [held("staging", { held_since: instant(NOW - ms) })] });

  expect(since(DAY_MS)).toEqual([]);
  expect(since(DAY_MS - 1)).toEqual([["source_soak_satisfied", "SOURCE_SOAK_SATISFIED"]]);
  expect([settingsOf("staging", "live", {}), settingsOf("prod", "sandbox", {})].map((one) => one.soak_seconds)).toEqual(
    [3_600, 0],
  );
});

test("PRM-04 state_compatibility: what cannot read the state that is there does not come in", () => {
  const migrations = [{ id: "split-addresses", reversible: false }];
  const there = held("prod", {
    bundle_id: "another",
    root_digest: "0".repeat(64),
    compat: { state_version: 2, migrations },
  });
  const knowing = { ...manifest, compat: { state_version: 2, migrations } };

  expect(failing({ held: [held("staging"), there] })).toEqual([["state_compatibility", "STATE_COMPATIBILITY"]]);
  expect(failing({ held: [held("staging"), there], manifest: knowing })).toEqual([]);
});
