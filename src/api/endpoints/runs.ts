import { z } from "@hono/zod-openapi";
import { type Refusal, rejected } from "../../contracts/index.ts";
import { receiptsOfRun } from "../../ledger/index.ts";
import { whyText } from "../../observe/index.ts";
import { listRuns } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { currentControl } from "../control.ts";
import { leaseOf, whyHeld } from "../diagnosed-run.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { approvalsOfRun, readRun } from "../recorded-run.ts";
import { findWorkflow, startRun } from "../start-run.ts";
import { approvalSummary, approvalSummaryOf } from "../wire/approval.ts";
import { jsonObject, limit, name, nextOf } from "../wire/parts.ts";
import { receipt, receiptView } from "../wire/receipt.ts";
import { countersSchema, countersView, lane, laneView, step } from "../wire/run-state.ts";
import { runStatus, runSummary, summaryOf } from "../wire/run-summary.ts";
import { takeoverReports, takeoversSchema } from "../wire/takeovers.ts";

export const RUN_ID = z.strictObject({ run_id: name });

export const runNotFound = (runId: string): Refusal => ({
  code: "RUN_NOT_FOUND",
  message: `there is no run \`${runId}\``,
});

export const listRunsEndpoint = endpoint({
  method: "get",
  path: "/v1/runs",
  summary: "List runs, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({ status: runStatus.optional(), workflow: name.optional(), before: name.optional(), limit }),
  },
  statuses: { 200: "a page of runs; `next` is the `before` of the next page" },
  answer: z.strictObject({ runs: z.array(runSummary).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const { status = null, workflow = null, before = null } = query;
    const rows = await inTenant(installation.database, caller.tenantId, (sql) =>
      listRuns(sql, { status, workflow, before, limit: query.limit }),
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
    stage: z.enum(["forward", "draining", "compensating", "handling", "closing"]),
    lanes: z.array(lane).readonly(),
    steps: z.record(z.string(), step),
    counters: countersSchema,
    receipts: z.array(receipt).readonly(),
    approvals: z.array(approvalSummary).readonly(),
    document: jsonObject,
    ...takeoversSchema,
  })
  .openapi("Run");

export const showRunEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}",
  summary: "Show a run: where it is and why, what it did, its receipts and approvals",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "the run" },
  answer: run,
  async handle({ installation, caller }, { params }) {
    const shown = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const recorded = await readRun(sql, params.run_id);
      if (recorded === undefined) return undefined;
      const approvals = await approvalsOfRun(sql, params.run_id);
      const why = whyHeld(recorded, approvals, await leaseOf(sql, params.run_id));
      const receipts = await receiptsOfRun(sql, params.run_id);
      return { ...recorded, approvals, why, receipts, succession: await takeoverReports(sql, params.run_id) };
    });
    if (shown === undefined) return rejected(runNotFound(params.run_id));
    const { row, state, approvals, why, receipts, succession } = shown;
    return reply({
      ...summaryOf(row),
      why: whyText(why),
      stage: state.stage,
      lanes: Object.values(state.lanes).map(laneView),
      steps: { ...state.steps },
      counters: countersView(state),
      receipts: receipts.map(receiptView),
      approvals: approvals.map(approvalSummaryOf),
      document: state.document,
      ...succession,
    });
  },
});
