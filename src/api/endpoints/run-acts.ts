import { z } from "@hono/zod-openapi";
import {
  accepted,
  type Instant,
  type Json,
  type JsonObject,
  type Refusal,
  type Result,
  rejected,
} from "../../contracts/index.ts";
import { blockedLetters, type InboxEntry, review, tellRun } from "../../ledger/index.ts";
import { awaitedEvents, COMPENSATION, findRun, type RunRow } from "../../run/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { audit } from "../administer.ts";
import { type Call, endpoint, NOTHING, type Reply, reply } from "../http/endpoint.ts";
import { type RecordedRun, readRun } from "../recorded-run.ts";
import { manualLanes, unknownLanes } from "../run-lanes.ts";
import { storableInput } from "../storable-input.ts";
import { jsonObject, name, reason } from "../wire/parts.ts";
import { type RunSummary, runSummary, summaryOf } from "../wire/run-summary.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

/*
 * What a person does to a run. Nobody writes into a run's stream but its holder: these are told to its inbox, audited in the
 * same transaction, and answered before they are folded; hence 202.
 */

const TOLD = { 202: "the run was told; it acts on it next" } as const;

export const cancelRunEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/cancel",
  summary: "Cancel a run: what it did is undone as its workflow says",
  needs: ["operate"],
  idempotent: true,
  request: { ...NOTHING, params: RUN_ID, body: z.strictObject({ reason }) },
  statuses: TOLD,
  answer: runSummary,
  handle: (call, { params, body }) =>
    act(call, params.run_id, async () => accepted({ kind: "cancel", payload: { reason: body.reason } })),
});

export const signalRunEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/signal",
  summary: "Tell a run of an event that it may be waiting for",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({ event_type: name, entity_id: name.optional(), payload: jsonObject.default({}) }),
  },
  statuses: TOLD,
  answer: runSummary,
  handle: (call, { params, body }) =>
    act(call, params.run_id, async (run) => {
      const { event_type, entity_id = null } = body;
      const unwanted = await unwantedEvent(call, run, event_type);
      if (unwanted !== null) return rejected(unwanted);
      const payload = storableInput(body.payload, null);
      if (!payload.ok) return payload;
      return accepted({ kind: "signal", payload: { event_type, entity_id, payload: payload.value } });
    }),
});

export const resumeRunEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/resume",
  summary: "Resume a run that waits for a person, or is blocked",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({ lane: name.optional(), payload: jsonObject.default({}) }),
  },
  statuses: TOLD,
  answer: runSummary,
  handle: (call, { params, body }) =>
    act(call, params.run_id, async (run) => {
      // A blocked run waits for a person as a whole: resuming it has it tried again from where it is.
      if (run.row.status === "BLOCKED") return accepted({ kind: "resume", payload: { lane: null, payload: {} } });
      const lane = oneLane(await manualLanesOf(call, run), body.lane, "waits for a person");
      if (!lane.ok) return lane;
      const payload = storableInput(body.payload, null);
      return payload.ok ? accepted({ kind: "resume", payload: { lane: lane.value, payload: payload.value } }) : payload;
    }),
});

export const resolveEffectEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/resolve",
  summary: "Settle an effect of which nobody knows whether it happened",
  description: "Look it up at the provider first. `applied: true` needs the output that the step would have given.",
  needs: ["administer"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({
      lane: name.optional(),
      applied: z.boolean(),
      output: jsonObject.default({}),
      receipt_id: name.optional(),
    }),
  },
  statuses: TOLD,
  answer: runSummary,
  handle: (call, { params, body }) =>
    act(call, params.run_id, async (run) => {
      const lane = oneLane(unknownLanes(run.state), body.lane, "has an effect to settle");
      if (!lane.ok) return lane;
      const { applied, receipt_id = null } = body;
      const given = applied ? await stepOutput(call, run, lane.value, body.output) : accepted(body.output);
      if (!given.ok) return given;
      const output = storableInput(body.output, null);
      if (!output.ok) return output;
      return accepted({ kind: "resolve", payload: { lane: lane.value, applied, output: output.value, receipt_id } });
    }),
});

type Told = Pick<InboxEntry, "kind"> & { readonly payload: JsonObject };

/** Tells a run something and audits who did. Refused: RUN_NOT_FOUND, RUN_CLOSED, and what `tell` refuses. */
async function act(
  call: Call,
  runId: string,
  tell: (run: RecordedRun) => Promise<Result<Told>>,
): Promise<Reply<RunSummary>> {
  const { installation, caller, requestId, nudge } = call;
  const { tenantId, principalId: by } = caller;
  const run = await inTenant(installation.database, tenantId, (sql) => readRun(sql, runId));
  if (run === undefined) return rejected(runNotFound(runId));
  if (run.row.ended_at !== null) return refuseClosed(call, run.row);
  const told = await tell(run);
  if (!told.ok) return told;
  const { kind, payload } = told.value;
  const row = await inTenant(installation.database, tenantId, async (sql) => {
    const at = installation.host.clock.now();
    const isNew = await tellRun(sql, runId, { inbox_id: requestId, kind, payload, actor: by, at });
    if (isNew) await audit(installation, sql, { tenantId, by, type: `run.${kind}_asked`, payload: { run_id: runId } });
    if (isNew && LIFTS.has(kind)) await settleBlocked(sql, runId, { by, at, reason: `run.${kind}_asked` });
    return findRun(sql, runId);
  });
  if (row === undefined) return rejected(runNotFound(runId));
  nudge();
  return reply(summaryOf(row), 202);
}

/** What lifts a block: whoever does it has reviewed the run, and its dead letter with it. */
const LIFTS: ReadonlySet<InboxEntry["kind"]> = new Set(["cancel", "resume", "resolve"]);

async function settleBlocked(
  sql: TenantQuery,
  runId: string,
  reviewed: { readonly by: string; readonly at: Instant; readonly reason: string },
): Promise<void> {
  for (const letter of await blockedLetters(sql, runId))
    await review(sql, letter, { ...reviewed, state: "RESOLVED", requeuedAs: null });
}

/** Nothing is told to a run that has ended; who tried is written down. */
async function refuseClosed({ installation, caller }: Call, row: RunRow): Promise<Reply<RunSummary>> {
  const { tenantId, principalId: by } = caller;
  const refusal = closed(row);
  const payload = { run_id: row.run_id, code: refusal.code, status: row.status };
  await inTenant(installation.database, tenantId, (sql) =>
    audit(installation, sql, { tenantId, by, type: "run.act_refused", payload }),
  );
  return rejected(refusal);
}

const closed = ({ run_id, status }: RunRow): Refusal => ({
  code: "RUN_CLOSED",
  message: `run \`${run_id}\` has ended ${status}`,
});

/** Why a run could never use an event; null where it may. It would be dropped, so a slip of the pen must not look like a success. */
async function unwantedEvent(
  { installation, caller }: Call,
  { row, state }: RecordedRun,
  eventType: string,
): Promise<Refusal | null> {
  const workflow = (await installation.control.pack(caller.tenantId, row.pack_digest)).workflows[row.workflow_id];
  const awaited = workflow === undefined ? [] : awaitedEvents(workflow, state);
  if (awaited.includes(eventType)) return null;
  const wanted = awaited.length === 0 ? "no event" : awaited.map((type) => `\`${type}\``).join(", ");
  const message = `the run waits for no event \`${eventType}\`, now or later; it may still take ${wanted}`;
  return { code: "REQUEST_INVALID", message, field_path: "$.event_type" };
}

/** Lanes at a WAIT step that only a person ends. */
async function manualLanesOf({ installation, caller }: Call, { row, state }: RecordedRun): Promise<readonly string[]> {
  const pack = await installation.control.pack(caller.tenantId, row.pack_digest);
  const workflow = pack.workflows[row.workflow_id];
  return workflow === undefined ? [] : manualLanes(workflow, state);
}

/** What the step would have given satisfies its tool's output schema; what undoes a step gives nothing. */
async function stepOutput(
  { installation, caller }: Call,
  { row, state }: RecordedRun,
  lane: string,
  output: JsonObject,
): Promise<Result<Json>> {
  const pack = await installation.control.pack(caller.tenantId, row.pack_digest);
  const step = state.lanes[lane]?.step ?? null;
  const target = step === null ? undefined : pack.workflows[row.workflow_id]?.steps[step]?.call;
  if (lane === COMPENSATION || target == null) return accepted(output);
  const tool = installation.registry.find(target.tool, target.version);
  return tool.ok ? tool.value.validateOutput(output) : tool;
}

/** The lane meant: the one named, or the only one there is. */
function oneLane(lanes: readonly string[], asked: string | undefined, what: string): Result<string> {
  const [first, second] = asked === undefined ? lanes : lanes.filter((lane) => lane === asked);
  if (first !== undefined && second === undefined) return accepted(first);
  const problem = first === undefined ? `no such lane ${what}` : `more than one lane ${what}: name one in \`lane\``;
  return rejected({ code: "REQUEST_INVALID", message: problem, field_path: "$.lane" });
}
