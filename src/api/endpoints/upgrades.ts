import { z } from "@hono/zod-openapi";
import { assert, rejected } from "../../contracts/index.ts";
import { outdatedRuns } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { keptRefusal, type Upgrade, upgradeRun } from "../upgrade-run.ts";
import { digest, limit, name, nextOf } from "../wire/parts.ts";
import { divergence, divergenceView } from "./replay.ts";
import { RUN_ID } from "./runs.ts";

const upgrade = z
  .strictObject({
    run_id: name,
    result: z.enum(["current", "upgraded", "proven", "kept", "held"]),
    /** The pack version that the run was on. */
    from: digest,
    /** The version that new runs start on. */
    to: digest,
    /** Why it stays on its version; null where it does not. */
    reason: z.string().nullable(),
    /** The first recorded event that would have been another. */
    first: divergence.nullable(),
  })
  .openapi("Upgrade");

const DRY_RUN = z.boolean().default(false);

export const upgradeRunEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/upgrade",
  summary: "Put a run on the active version of its pack, if that decides all that is recorded of it alike",
  description: "With `dry_run` it is only proved. A run that cannot be upgraded finishes on its own version.",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, params: RUN_ID, body: z.strictObject({ dry_run: DRY_RUN }) },
  statuses: { 200: "what became of it" },
  answer: upgrade,
  async handle({ installation, caller }, { params, body }) {
    const { tenantId, principalId: by } = caller;
    const asked = { tenantId, runId: params.run_id, by, dryRun: body.dry_run };
    const upgraded = await upgradeRun(installation, asked);
    if (!upgraded.ok) return upgraded;
    const kept = body.dry_run ? null : keptRefusal(upgraded.value);
    return kept === null ? reply(upgradeView(upgraded.value)) : rejected(kept);
  },
});

export const upgradeRunsEndpoint = endpoint({
  method: "post",
  path: "/v1/upgrades",
  summary: "Put every open run of an older pack version on the active one, where that is proved",
  needs: ["operate"],
  request: { ...NOTHING, body: z.strictObject({ dry_run: DRY_RUN, after: z.string().default(""), limit }) },
  statuses: { 200: "a page of runs and what became of each; `next` is the `after` of the next page" },
  answer: z.strictObject({ runs: z.array(upgrade).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { body }) {
    const { tenantId, principalId: by } = caller;
    const rows = await inTenant(installation.database, tenantId, (sql) => outdatedRuns(sql, body.after, body.limit));
    const runs: z.output<typeof upgrade>[] = [];
    for (const { run_id } of rows) {
      const upgraded = await upgradeRun(installation, { tenantId, runId: run_id, by, dryRun: body.dry_run });
      if (upgraded.ok) runs.push(upgradeView(upgraded.value));
      else if (upgraded.refusal.code === "CANARY_UNDER_WAY") return upgraded;
      // else it ended meanwhile, and needs none
    }
    return reply({ runs, next: nextOf(rows, body.limit, (row) => row.run_id) });
  },
});

function upgradeView({ proof, ...rest }: Upgrade): z.output<typeof upgrade> {
  if (proof === null || proof.proven) return { ...rest, reason: null, first: null };
  assert(rest.result === "kept", "what is not proved is kept");
  return {
    ...rest,
    reason: proof.reason,
    first: proof.first === null ? null : divergenceView(rest.run_id, proof.first),
  };
}
