import { z } from "@hono/zod-openapi";
import { diagnosisInput, recoveryReport, scopeOf } from "../../observe/index.ts";
import { listRuns } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { type DiagnosedRun, readDiagnosed } from "../diagnosed-run.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { name, nextOf, time, timeOf, timeOrNull } from "../wire/parts.ts";
import { runStatus, runSummary, summaryOf } from "../wire/run-summary.ts";
import { whyFields, whyView } from "../wire/timeline.ts";

/** Each row is a diagnosis, which reads its run's stream. */
const PAGE_MAX = 50;

const row = runSummary
  .extend({
    ...whyFields,
    heartbeat_status: z.string(),
    /** Null: nobody holds the run. */
    owner: z.string().nullable(),
    epoch: z.int(),
    /** When the owner's lease ends unless it is renewed. */
    lease_expires_at: time.nullable(),
    takeovers: z.int(),
    approvals_pending: z.int(),
    recovery: z.enum(["NOT_APPLICABLE", "PASS", "REQUIRES_REVIEW", "FAIL"]),
  })
  .openapi("ContinuityRow");

function rowOf(run: DiagnosedRun): z.output<typeof row> {
  const { kpis, stale_detection, continuity_outcome } = recoveryReport(
    diagnosisInput(run, run.now),
    scopeOf(run, run.now),
  );
  const isHeld = run.lease.worker_id !== null;
  return {
    ...summaryOf(run.row),
    ...whyView(run.why),
    heartbeat_status: stale_detection.heartbeat_status,
    owner: run.lease.worker_id,
    epoch: run.lease.epoch,
    lease_expires_at: isHeld ? timeOrNull(run.lease.due_at) : null,
    takeovers: kpis.takeovers,
    approvals_pending: kpis.approvals_pending,
    recovery: continuity_outcome.status,
  };
}

export const listContinuityEndpoint = endpoint({
  method: "get",
  path: "/v1/continuity",
  summary: "List runs with their owners, leases, signs of life and recoveries, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      status: runStatus.optional(),
      workflow: name.optional(),
      before: name.optional(),
      limit: z.coerce.number().int().min(1).max(PAGE_MAX).default(20),
    }),
  },
  statuses: { 200: "a page of runs; `next` is the `before` of the next page" },
  answer: z.strictObject({ generated_at: time, runs: z.array(row).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { status = null, workflow = null, before = null, limit } = query;
    const runs = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const found: DiagnosedRun[] = [];
      for (const { run_id } of await listRuns(sql, { status, workflow, before, limit })) {
        const run = await readDiagnosed(sql, run_id);
        if (run !== undefined) found.push(run);
      }
      return found;
    });
    const now = runs[0]?.now ?? installation.host.clock.now();
    return reply({
      generated_at: timeOf(now),
      runs: runs.map(rowOf),
      next: nextOf(runs, limit, (run) => run.row.run_id),
    });
  },
});
