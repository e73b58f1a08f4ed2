import { describe, expect, test } from "vitest";
import { instant, isCode, sha256Hex } from "../../contracts/index.ts";
import { builtOf, entryOf, NOW, RELEASE_KEY, ROSTER, rosterOf } from "../bundle/testing/shop.ts";
import { verifyBundle } from "../bundle/verify.ts";
import type { Environment, HeldBundle } from "./environment.ts";
import { type EvaluationFact, type PromotionFacts, promotionChecks, refusalOf } from "./promotion.ts";

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
  ...other,
});

/** Facts under which the bundle comes from staging to prod. */
const factsOf = (other: Partial<PromotionFacts> = {}): PromotionFacts => ({
  to: "prod",
  manifest,
  report: verifyBundle(BUILT.bytes, { roster: ROSTER, at: NOW }).report,
  held: [held("staging")],
  evaluations: [said()],
  waivers: [],
  holds: [],
  lineage: null,
  now: NOW,
  ...other,
});

const failing = (other: Partial<PromotionFacts>) =>
  promotionChecks(factsOf(other))
    .filter(({ passed }) => !passed)
    .map(({ check, code }) => [check, code]);

test("a bundle that verifies, is healthy in the environment before, decided GO and not held passes every check", () => {
  const checks = promotionChecks(factsOf());

  expect(checks.map(({ check }) => check)).toEqual([
    "bundle_verify_ok",
    "bundle_signature_valid",
    "environment_transition_allowed",
    "source_environment_has_same_bundle",
    "bundle_not_marked_bad",
    "release_gate_allows_promotion",
    "change_freeze_inactive",
    "release_lineage_complete",
  ]);
  expect(checks.every(({ passed, code }) => passed && code === null)).toBe(true);
  expect(refusalOf(checks)).toBeNull();
});

test("a GO after a NO-GO counts, and so does one of any profile that is no environment", () => {
  const earlier = { ...NO_GO, decided_at: instant(NOW - 2_000) };

  expect(failing({ evaluations: [earlier, said()] })).toEqual([]);
  expect(failing({ evaluations: [said({ profile: "strict" })] })).toEqual([]);
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
      { manifest: preview, held: [held("staging", preview)] },
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
    ["a policy that was not evaluated about it", { evaluations: [] }, GATE, MISSING],
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
    expect(failing(other)).toEqual([[check, code]]);
    expect(isCode(code)).toBe(true);
  });
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
  const refusal = refusalOf(promotionChecks(factsOf({ held: [], evaluations: [] })));

  expect(refusal?.code).toBe("SOURCE_ENVIRONMENT_HAS_SAME_BUNDLE");
  expect(refusal?.details?.checks).toHaveLength(8);
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
