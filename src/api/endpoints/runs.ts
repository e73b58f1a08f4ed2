import { z } from "@hono/zod-openapi";
import { assert, type Refusal, rejected } from "../../contracts/index.ts";
import { lettersOfRun, receiptsOfRun } from "../../ledger/index.ts";
import { runbookOf, whyText } from "../../observe/index.ts";
import { listRuns } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import type { TenantControl } from "../../worker/index.ts";
import { currentControl } from "../control.ts";
import { leaseOf, whyHeld } from "../diagnosed-run.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { approvalsOfRun, readRun } from "../recorded-run.ts";
import { actionsOf } from "../run-actions.ts";
import { findWorkflow, startRun } from "../start-run.ts";
import { listedApproval, listedApprovals } from "../wire/approval.ts";
import { deadLetter, letterView } from "../wire/dead-letter.ts";
import { jsonObject, limit, name, nextOf } from "../wire/parts.ts";
import { receipt, receiptView } from "../wire/receipt.ts";
import { runAction, runActionView } from "../wire/run-action.ts";
import { countersSchema, countersView, lane, laneView, step } from "../wire/run-state.ts";
import { runStatus, runSummary, summaryOf } from "../wire/run-summary.ts";
import { takeoverReports, takeoversSchema } from "../wire/takeovers.ts";
import { nextAct } from "../wire/timeline.ts";

export const RUN_ID = z.strictObject({ run_id: name });

export const runNotFound = (runId: string): Refusal => ({
  code: "RUN_NOT_FOUND",
  message: `there is no run \`${runId}\``,
});

/** Of 200 ids with what parts them. */
const IDS_LENGTH_MAX = 8_000;

export const listRunsEndpoint = endpoint({
  method: "get",
  path: "/v1/runs",
  summary: "List runs, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      status: runStatus.optional(),
      workflow: name.optional(),
      /** The beginning of a run's id, correlation, principal, workflow or code. */
      search: name.optional(),
      /** Only these runs: up to 200 ids, with commas between them. */
      ids: z.string().min(1).max(IDS_LENGTH_MAX).optional(),
      before: name.optional(),
      limit,
    }),
  },
  statuses: { 200: "a page of runs; `next` is the `before` of the next page" },
  answer: z.strictObject({ runs: z.array(runSummary).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { status = null, workflow = null, search = null, before = null } = query;
    const ids = query.ids?.split(",") ?? null;
    const rows = await inTenant(installation.database, caller.tenantId, (sql) =>
      listRuns(sql, { status, workflow, search, ids, before, limit: query.limit }),
    );
    return reply({ runs: rows.map(summaryOf), next: nextOf(rows, query.limit, ({ run_id }) => run_id) });
  },
});

export const startRunEndpoint = endpoint({
  method: "post",
  path: "/v1/runs",
  summary: "Start a run",
  description: "The run itself does the work; follow it at `/v1/runs/{run_id}/stream`. One `start_key` starts one run.",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({ workflow: name, input: jsonObject, start_key: name.optional() }),
  },
  statuses: { 201: "the run was started", 200: "the start key had started this run before" },
  answer: runSummary,
  async handle(call, { body }) {
    const control = await currentControl(call.installation, call.caller.tenantId);
    const startKey = body.start_key === undefined ? call.requestId : `start:${body.start_key}`;
    const found = findWorkflow(control, { id: body.workflow, startKey });
    if (!found.ok) return found;
    const started = await startRun(call, {
      control,
      ...found.value,
      packId: found.value.pack.pack.id,
      input: body.input,
      sensitive: [],
      startKey,
    });
    if (!started.ok) return started;
    return reply(summaryOf(started.value.row), started.value.isNew ? 201 : 200);
  },
});

const run = runSummary
  .extend({
    /** Where the run is, and what comes next, in one sentence. */
    why: z.string(),
    /** The same without what comes next. */
    says: z.string(),
    next: nextAct,
    /** The section of the runbook that says what to do; null where the run gets on. */
    runbook: z.string().nullable(),
    /** What the reader may do now, and what it would do. */
    actions: z.array(runAction).readonly(),
    stage: z.enum(["forward", "draining", "compensating", "handling", "closing"]),
    lanes: z.array(lane).readonly(),
    steps: z.record(z.string(), step),
    counters: countersSchema,
    receipts: z.array(receipt).readonly(),
    approvals: z.array(listedApproval).readonly(),
    /** Those that wait for a review. */
    dead_letters: z.array(deadLetter).readonly(),
    document: jsonObject,
    ...takeoversSchema,
  })
  .openapi("Run");

export const showRunEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}",
  summary: "Show a run: where it is and why, what it did, its receipts and approvals, and what you may do",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "the run" },
  answer: run,
  async handle({ installation, caller }, { params }) {
    const shown = await inTenant(installation.database, caller.tenantId, (sql) => readShown(sql, params.run_id));
    if (shown === undefined) return rejected(runNotFound(params.run_id));
    const { row, state, lease, letters, why, receipts, approvals, succession } = shown;
    const { workflows } = await installation.control.pack(caller.tenantId, row.pack_digest);
    const workflow = workflows[row.workflow_id];
    assert(workflow !== undefined, "a run's pack has its workflow");
    const newest = newestOf(await currentControl(installation, caller.tenantId), row.pack_id);
    const facts = { row, state, workflow, letters, lease, newest, role: caller.role };
    return reply({
      ...summaryOf(row),
      why: whyText(why),
      says: why.says,
      next: why.next,
      runbook: runbookOf(state, { row, lease, now: lease.now }),
      actions: actionsOf(facts).map(runActionView),
      stage: state.stage,
      lanes: Object.values(state.lanes).map(laneView),
      steps: { ...state.steps },
      counters: countersView(state),
      receipts: receipts.map(receiptView),
      approvals,
      dead_letters: letters.map(letterView),
      document: state.document,
      ...succession,
    });
  },
});

async function readShown(sql: TenantQuery, runId: string) {
  const recorded = await readRun(sql, runId);
  if (recorded === undefined) return undefined;
  const rows = await approvalsOfRun(sql, runId);
  const lease = await leaseOf(sql, runId);
  return {
    ...recorded,
    lease,
    letters: await lettersOfRun(sql, runId),
    why: whyHeld(recorded, rows, lease),
    receipts: await receiptsOfRun(sql, runId),
    approvals: await listedApprovals(sql, rows),
    succession: await takeoverReports(sql, runId),
  };
}

/** The version of a pack that takes new runs; null where none does. */
const newestOf = ({ packs, unpromoted }: TenantControl, packId: string): string | null =>
  [...packs, ...unpromoted].find(({ pack }) => pack.id === packId)?.config_hash ?? null;
