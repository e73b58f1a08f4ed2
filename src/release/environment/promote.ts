import {
  accepted,
  assert,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
  sha256Hex,
} from "../../contracts/index.ts";
import type { Policy } from "../../gate/index.ts";
import { type CompiledPack, keepPack } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import { type Verification, verifyBundle } from "../bundle/verify.ts";
import { nextLooks, stepOf } from "../canary/canary.ts";
import { type CanaryPlan, canaryPlan } from "../canary/plan.ts";
import { insertCanary, runningCanaries } from "../canary/queries.ts";
import { recordDecision } from "../packet/record-decision.ts";
import { type Act, acting, type ReleasePorts } from "./act.ts";
import { currentOf, type Environment, sourceOf } from "./environment.ts";
import { type Move, move, packRow, underWay } from "./move.ts";
import { notesWarning } from "./notes-warning.ts";
import { type PromotionCheck, type PromotionFacts, promotionChecks, refusalOf } from "./promotion.ts";
import { factsFor } from "./promotion-facts.ts";
import { decidePromotion, type JudgedReport, promotionReport } from "./promotion-report.ts";
import type { PromotionSource } from "./promotion-source.ts";
import { findBundle, insertBundle } from "./queries.ts";
import { KEY_ROLES } from "./verify-held.ts";

export interface PromotionRequest extends Act {
  /** The policy that decides on the promotion's report, and as it is written. */
  readonly policy: { readonly read: Policy; readonly text: string };
  /** Which run built it; null where nobody says. */
  readonly source: PromotionSource | null;
  /** The file's bytes, or the id of a bundle that was promoted before. */
  readonly bundle: { readonly bytes: Uint8Array } | { readonly id: string };
  /** The policy by which it is judged while it is tried on a share of the new runs, and whether that was asked for. */
  readonly canary: { readonly policy: string; readonly isAsked: boolean };
}

/**
 * Puts an environment onto a bundle, if every check passes. Refused: ENVIRONMENT_LOCKED, BUNDLE_NOT_FOUND, BUNDLE_EXISTS, what
 * verification found, and the code of the first check that fails, all checks in `details.checks`.
 */
export const promote = (ports: ReleasePorts, request: PromotionRequest): Promise<Result<Move>> =>
  acting(ports, request, "promote", async (sql) => {
    const { environment, source } = request;
    const bytes = await bytesOf(ports, sql, request.bundle);
    if (!bytes.ok) return bytes;
    const weighed = await weigh(ports, sql, { environment, source }, bytes.value);
    if (!weighed.ok) return weighed;
    const { manifest, facts, checks, now } = weighed.value;
    const judged = decidePromotion(request.policy.read, promotionReport(facts, checks), now);
    const entry = await promotedEntry(ports, sql, request, { facts, judged });
    const refusal = refusalOf(checks, judged.decision);
    assert((refusal === null) === (judged.decision.verdict === "GO"), "what keeps a bundle back is one of the checks");
    const weight = { ...weighed.value, bytes: bytes.value, entry };
    const done = refusal === null ? await carryOut(ports, sql, request, weight) : rejected(refusal);
    const { bundle_id, root_digest } = manifest;
    return done.ok ? done : { ...done, about: { bundle_id, root_digest, ...entry } };
  });

/** Does what was decided to be done. Refused: BUNDLE_EXISTS, and what keeps a canary from being begun. */
async function carryOut(
  ports: ReleasePorts,
  sql: TenantQuery,
  request: PromotionRequest,
  { manifest, pack, facts, checks, warning, bytes, entry }: Weight,
): Promise<Result<Move>> {
  assert(pack !== null, "a bundle that verifies holds its pack");
  const { environment, by, canary } = request;
  const { held, settings } = facts;
  const plan = canaryPlan({ environment, settings, held, isAsked: canary.isAsked });
  if (!plan.ok) return plan;
  const kept = await keep(ports, sql, { manifest, pack, bytes, by });
  if (!kept.ok) return kept;
  const payload = { ...entry, warning, canary: plan.value === null ? null : canaryEntry(plan.value, canary.policy) };
  const event = { type: "environment.promoted", payload };
  const moved = await move(ports, sql, request, { to: manifest, pack, health: "pending", held, event });
  if (plan.value !== null) await beginCanary(ports, sql, moved, { plan: plan.value, policy: canary.policy });
  return accepted({ ...moved, checks, warning, canary: plan.value });
}

/** What a promotion would come to now. Wire form. */
export interface PromotionPreview {
  readonly environment: Environment;
  readonly bundle_id: string;
  readonly root_digest: string;
  readonly previous_bundle_id: string | null;
  readonly checks: readonly PromotionCheck[];
  /** What its notes say that would not be so there; null where nothing is. Keeps nothing back. */
  readonly warning: string | null;
  /** How it would be tried, where the environment always does that. */
  readonly canary: CanaryPlan | null;
}

/** Looks at every check of a promotion; nothing moves, nothing is recorded. Refused as `promote` is, but for what checks find. */
export const previewPromotion = (
  ports: ReleasePorts,
  asked: Pick<PromotionRequest, "tenantId" | "environment" | "source"> & { readonly bundleId: string },
): Promise<Result<PromotionPreview>> =>
  inTenant(ports.database, asked.tenantId, async (sql) => {
    const { environment } = asked;
    const bytes = await bytesOf(ports, sql, { id: asked.bundleId });
    if (!bytes.ok) return bytes;
    const weighed = await weigh(ports, sql, asked, bytes.value);
    if (!weighed.ok) return weighed;
    const { manifest, facts, checks, previous, warning } = weighed.value;
    const plan = canaryPlan({ environment, settings: facts.settings, held: facts.held, isAsked: false });
    return {
      ok: true,
      value: {
        environment,
        bundle_id: manifest.bundle_id,
        root_digest: manifest.root_digest,
        previous_bundle_id: previous,
        checks,
        warning,
        canary: plan.ok ? plan.value : null,
      },
    };
  });

/** Every check of a promotion with the facts behind it, as of now. */
async function weigh(
  ports: ReleasePorts,
  sql: TenantQuery,
  { environment, source }: Pick<PromotionRequest, "environment" | "source">,
  bytes: Uint8Array,
) {
  const now = ports.host.clock.now();
  const verification = verifyBundle(bytes, { roster: ports.roster, at: now, roles: KEY_ROLES[environment] });
  const { manifest, pack, report } = verification;
  if (manifest === null) return rejected(report.errors[0] ?? NO_MANIFEST);
  if ((await runningCanaries(sql)).some((canary) => canary.environment === environment))
    return rejected(underWay(environment));
  const facts = await factsFor(ports, sql, { environment, verification: { manifest, report }, bytes, source, now });
  const previous = currentOf(facts.held, environment)?.bundle_id ?? null;
  const warning = notesWarning(environment, manifest, previous);
  return accepted({ manifest, pack, facts, checks: promotionChecks(facts), previous, warning, now });
}

/** A bundle with all that a promotion of it is judged by, and what its entry will say. */
interface Weight extends Pick<Verification, "pack"> {
  readonly manifest: Manifest;
  readonly facts: PromotionFacts;
  readonly checks: readonly PromotionCheck[];
  readonly warning: string | null;
  readonly bytes: Uint8Array;
  readonly entry: JsonObject;
}

/**
 * Records the decision on a promotion, and says what it rested on: whoever has the report and the policy decides on it again. It is
 * about the bundle's id: about its root digest speak the policies that it pins.
 */
async function promotedEntry(
  ports: ReleasePorts,
  sql: TenantQuery,
  { tenantId, by, policy }: PromotionRequest,
  { facts, judged }: { readonly facts: PromotionFacts; readonly judged: JudgedReport },
) {
  const { to, evaluations, lineage, manifest } = facts;
  const { report, ...made } = judged;
  const about = { tenantId, by, policy: policy.text, subject: manifest.bundle_id, source: "ledger" } as const;
  const { evaluation_id } = await recordDecision(ports, sql, { ...made, ...about });
  return {
    source_environment: sourceOf(to),
    evaluations: evaluations.map(
      ({ evaluation_id, policy_id, profile, verdict, decision_sha256, waivers, replaces }) => ({
        evaluation_id,
        policy_id,
        profile,
        verdict,
        decision_sha256,
        waivers,
        replaces,
      }),
    ),
    checks: report.checks.map(({ check_id }) => check_id),
    report: JSON.parse(JSON.stringify(report)),
    evaluation_id,
    policy_sha256: made.decision.policy.digest,
    decision_sha256: made.decision.digest,
    lineage_digest: lineage?.digest ?? null,
  };
}

const canaryEntry = ({ baseline_bundle_id, steps }: CanaryPlan, policy: string) => ({
  baseline_bundle_id,
  steps: steps.map((step) => ({ ...step })),
  policy_sha256: sha256Hex(policy),
});

async function beginCanary(
  { host }: ReleasePorts,
  sql: TenantQuery,
  { environment, bundle_id, seq }: Pick<Move, "environment" | "bundle_id" | "seq">,
  { plan, policy }: { readonly plan: CanaryPlan; readonly policy: string },
): Promise<void> {
  const at = host.clock.now();
  const { baseline_bundle_id, steps } = plan;
  const looks = nextLooks(stepOf({ steps, step: 0 }), at);
  await insertCanary(sql, {
    environment,
    seq,
    bundle_id,
    baseline_bundle_id,
    policy,
    steps,
    started_at: at,
    ...looks,
  });
}

async function bytesOf(
  { artifacts }: ReleasePorts,
  sql: TenantQuery,
  bundle: PromotionRequest["bundle"],
): Promise<Result<Uint8Array>> {
  if ("bytes" in bundle) return { ok: true, value: bundle.bytes };
  const stored = await findBundle(sql, bundle.id);
  if (stored === undefined)
    return rejected({ code: "BUNDLE_NOT_FOUND", message: `no bundle \`${bundle.id}\` was promoted before` });
  return { ok: true, value: await artifacts.get(sql, stored.artifact_digest) };
}

interface Kept {
  readonly manifest: Manifest;
  readonly pack: CompiledPack;
  readonly bytes: Uint8Array;
  readonly by: string;
}

/** Stores a bundle with its pack, once. Refused with BUNDLE_EXISTS where its id is another file's. */
async function keep(
  { artifacts, host }: ReleasePorts,
  sql: TenantQuery,
  { manifest, pack, bytes, by }: Kept,
): Promise<Result<null>> {
  const at = host.clock.now();
  const known = await findBundle(sql, manifest.bundle_id);
  const { digest } = await artifacts.put(sql, { content: bytes, mediaType: "application/vnd.countermark.bundle" });
  if (known !== undefined && known.artifact_digest !== digest)
    return rejected({ code: "BUNDLE_EXISTS", message: `\`${manifest.bundle_id}\` is another file already` });
  await keepPack(sql, { ...packRow(pack), state: "VALIDATING", at });
  await insertBundle(sql, {
    bundleId: manifest.bundle_id,
    rootDigest: manifest.root_digest,
    label: manifest.label,
    artifactDigest: digest,
    packId: manifest.pack.id,
    packDigest: manifest.pack.digest,
    contractDigests: [...new Set(manifest.tools.map(({ contract_digest }) => contract_digest))].sort(),
    builtBy: manifest.builder.identity,
    compat: manifest.compat ?? null,
    by,
    at,
  });
  return { ok: true, value: null };
}

const NO_MANIFEST: Refusal = { code: "BUNDLE_MISSING_MANIFEST", message: "the bundle holds no manifest" };
