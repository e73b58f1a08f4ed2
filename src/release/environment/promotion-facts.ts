import type { Instant } from "../../contracts/index.ts";
import type { TenantQuery } from "../../store/index.ts";
import type { Manifest } from "../bundle/manifest.ts";
import type { Roster } from "../bundle/trust.ts";
import type { BundleReport } from "../bundle/verify.ts";
import type { Lineage } from "../lineage/model.ts";
import { openBundle, recordedLineage } from "../lineage/record.ts";
import { waiversNamed } from "../waiver/queries.ts";
import { type RestingOn, restingOn } from "../waiver/standing.ts";
import type { ReleasePorts } from "./act.ts";
import type { Environment } from "./environment.ts";
import { judgedGates } from "./judged-gates.ts";
import { type EvaluationFact, lastSaid, type PromotionFacts } from "./promotion.ts";
import type { PromotionSource } from "./promotion-source.ts";
import { activeHolds, approvalsOf, authorsOf, findBundle, heldBundles, readSettings } from "./queries.ts";
import { saidOf } from "./said.ts";

/** What is asked about. */
export interface Asked {
  readonly environment: Environment;
  readonly verification: { readonly manifest: Manifest; readonly report: BundleReport };
  readonly bytes: Uint8Array;
  readonly source: PromotionSource | null;
  readonly now: Instant;
}

/** Everything that a promotion is judged by, as the record has it at this moment. */
export async function factsFor(ports: ReleasePorts, sql: TenantQuery, asked: Asked): Promise<PromotionFacts> {
  const { environment, verification, bytes, source, now } = asked;
  const { manifest, report } = verification;
  const { root_digest: rootDigest, policies, builder, bundle_id } = manifest;
  const evaluations = await saidOf(ports, sql, { manifest, until: now });
  const known = await findBundle(sql, bundle_id);
  const counting = policies.flatMap(({ digest }) => lastSaid(digest, environment, evaluations).own ?? []);
  return {
    to: environment,
    manifest,
    report,
    held: await heldBundles(sql),
    evaluations,
    gates: environment === "dev" ? [] : await judgedGates(ports.artifacts, sql, counting),
    source,
    waivers: await restedOn(sql, evaluations, { roster: ports.roster, at: now }),
    holds: await activeHolds(sql),
    lineage: await lineageFor(ports, sql, environment, bytes),
    settings: await readSettings(sql, environment),
    approvals: await approvalsOf(sql, { environment, rootDigest }),
    authors: [builder.identity, ...(known === undefined ? [] : authorsOf(known))],
    now,
  };
}

/** The waivers that evaluations rest on, looked at now. */
async function restedOn(
  sql: TenantQuery,
  evaluations: readonly EvaluationFact[],
  trust: { readonly roster: Roster; readonly at: Instant },
): Promise<readonly RestingOn[]> {
  const ids = evaluations.flatMap(({ waivers }) => waivers);
  if (ids.length === 0) return [];
  return (await waiversNamed(sql, ids)).map((stored) => restingOn(stored, trust));
}

/** What the bundle came from and where it has been, by the record of this moment. Dev asks for none. */
async function lineageFor(
  ports: ReleasePorts,
  sql: TenantQuery,
  environment: Environment,
  bytes: Uint8Array,
): Promise<Lineage | null> {
  const opened = openBundle(bytes);
  if (environment === "dev" || !opened.ok) return null;
  return recordedLineage(ports, sql, { opened: opened.value, environment, stage: "deployment" });
}
