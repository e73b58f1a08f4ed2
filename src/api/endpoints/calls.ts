import { z } from "@hono/zod-openapi";
import type { ApprovalRow } from "../../approve/index.ts";
import { accepted, after, assert, isJsonObject, type Result, rejected } from "../../contracts/index.ts";
import { whyOf, whyText } from "../../observe/index.ts";
import { type CompiledPack, findRun, installPack, type RunRow } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { packsFor, type TenantControl } from "../../worker/index.ts";
import { CALL_STEP, callPackOf, callWorkflowId, isCallable } from "../call-pack.ts";
import { currentControl } from "../control.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { approvalsOfRun, type RecordedRun, readRun } from "../recorded-run.ts";
import { notPromoted, startRun } from "../start-run.ts";
import { approvalSummary, approvalSummaryOf } from "../wire/approval.ts";
import { json, jsonObject, name } from "../wire/parts.ts";
import { runSummary, summaryOf } from "../wire/run-summary.ts";

const called = runSummary
  .extend({
    why: z.string(),
    /** The tool's redacted output; null where there is none (yet). */
    output: json,
    /** Why the call did not happen or failed; null where it did not. */
    failure: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
    /** What a person has to decide, or has decided. */
    approvals: z.array(approvalSummary).readonly(),
  })
  .openapi("CalledRun");

export const callEndpoint = endpoint({
  method: "post",
  path: "/v1/calls",
  summary: "Call one tool, through all its guards",
  description:
    "Starts a run of the implicit workflow `call:TOOL` and waits for it up to 10 s. A tool that a rule puts to a person " +
    "waits for approval as in any run.",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, body: z.strictObject({ tool: name, input: jsonObject }) },
  statuses: { 200: "the call has ended, well or not", 202: "it goes on, or waits for a person" },
  answer: called,
  async handle(call, { body }) {
    const { installation, caller } = call;
    const control = await currentControl(installation, caller.tenantId);
    const found = findTool(control, { tool: body.tool, startKey: call.requestId });
    if (!found.ok) return found;
    const { active, pack } = found.value;
    const tool = active.pack.tools[body.tool];
    const workflow = pack.workflows[callWorkflowId(body.tool)];
    assert(tool !== undefined && workflow !== undefined, "a callable tool has its workflow");
    await install(call, pack);
    const started = await startRun(call, {
      control,
      pack,
      workflow,
      packId: active.pack.id,
      input: body.input,
      sensitive: tool.sensitive_input_fields,
      startKey: call.requestId,
    });
    if (!started.ok) return started;
    const { run_id } = started.value.row;
    await settled(call, run_id);
    const recorded = await inTenant(installation.database, caller.tenantId, async (sql) => {
      const run = await readRun(sql, run_id);
      assert(run !== undefined, "a run that was started exists");
      return { ...run, approvals: await approvalsOfRun(sql, run_id) };
    });
    return reply(calledView(recorded), recorded.row.ended_at === null ? 202 : 200);
  },
});

interface Callable {
  readonly active: CompiledPack;
  readonly pack: CompiledPack;
}

function findTool(
  control: TenantControl,
  { tool, startKey }: { readonly tool: string; readonly startKey: string },
): Result<Callable> {
  const { unpromoted, promoted } = control;
  const active = packsFor(control, startKey).find(({ pack }) => Object.hasOwn(pack.tools, tool));
  const contract = active?.pack.tools[tool];
  const other = unpromoted.find(({ pack }) => Object.hasOwn(pack.tools, tool));
  if (active === undefined && other !== undefined && promoted !== null)
    return rejected(notPromoted(promoted, other.pack.id));
  if (active === undefined || contract === undefined || !isCallable(contract)) {
    return rejected({
      code: "TOOL_NOT_FOUND",
      message: `no active pack has a tool \`${tool}\` that can be called alone`,
    });
  }
  return accepted({ active, pack: callPackFor(active) });
}

/** Derived once per version: compiled packs are frozen and kept by the control room. */
const derived = new WeakMap<CompiledPack, CompiledPack>();

function callPackFor(active: CompiledPack): CompiledPack {
  const known = derived.get(active) ?? callPackOf(active);
  derived.set(active, known);
  return known;
}

/** Runs are pinned to an installed version. This one is no choice of the tenant's, so it never is the active one. */
async function install({ installation, caller }: Call, { pack, config_hash: digest }: CompiledPack): Promise<void> {
  const { id: packId, version } = pack;
  const at = installation.host.clock.now();
  const document = JSON.stringify(pack);
  await inTenant(installation.database, caller.tenantId, (sql) =>
    installPack(sql, { packId, digest, version, state: "SUNSET", document, at }),
  );
}

/** How long a caller is kept waiting, in milliseconds, and how often the run is looked at. */
const WAIT_MS_MAX = 10_000;
const LOOK_MS = 25;

/** Returns when the run has ended, when it waits for something that may take long, or when the time is up. */
async function settled({ installation, caller, signal }: Call, runId: string): Promise<void> {
  const { clock } = installation.host;
  const end = after(clock.now(), WAIT_MS_MAX);
  while (clock.now() < end && !signal.aborted) {
    const row = await inTenant(installation.database, caller.tenantId, (sql) => findRun(sql, runId));
    if (row === undefined || isSettled(row)) return;
    await clock.wake(after(clock.now(), LOOK_MS), signal);
  }
}

const isSettled = ({ status, ended_at }: RunRow): boolean =>
  ended_at !== null || status === "SUSPENDED_HITL" || status === "SUSPENDED_WAIT" || status === "BLOCKED";

function calledView({
  row,
  state,
  approvals,
}: RecordedRun & { readonly approvals: readonly ApprovalRow[] }): z.output<typeof called> {
  const { document, failure } = state;
  const output = document[CALL_STEP];
  return {
    ...summaryOf(row),
    why: whyText(whyOf(state, { row, approvals, lease: null })),
    output: isJsonObject(output) ? output : null,
    failure: failure === null ? null : { code: failure.code, message: failure.message },
    approvals: approvals.map(approvalSummaryOf),
  };
}
