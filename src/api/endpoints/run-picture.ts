import { z } from "@hono/zod-openapi";
import { assert, digestOf, rejected } from "../../contracts/index.ts";
import { changesBetween, transitionsOf, versionAt, versionsOf } from "../../observe/index.ts";
import { type CompiledStep, findRun, type RunRow, type StepDefinition, waysOf } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { recordedEvents } from "../recorded-run.ts";
import { digest, json, jsonObject, name, time, timeOf } from "../wire/parts.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

/** A run's row with the events that it counts; undefined where there is no such run. */
const readEvents = ({ installation, caller }: Call, runId: string) =>
  inTenant(installation.database, caller.tenantId, async (sql) => {
    const row = await findRun(sql, runId);
    if (row === undefined) return undefined;
    const events = await recordedEvents(sql, runId, 0);
    return { row, events: events.filter(({ seq }) => seq <= row.head_seq) };
  });

const workflowStep = z.strictObject({
  id: name,
  type: z.enum(["TOOL", "BRANCH", "PARALLEL", "WAIT", "COMPENSATION", "START_RUN", "AGENT"]),
  /** What it calls, starts, waits for or decides by. */
  about: z.string(),
  side_effect_level: z.enum(["READ", "SOFT_WRITE", "HARD_WRITE", "FINANCIAL"]).nullable(),
  /** The tool that undoes it. */
  undone_by: z.string().nullable(),
});

const workflowWay = z.strictObject({
  from: name,
  to: name,
  when: z.enum(["next", "true", "false", "timeout", "failure", "branch"]),
});

export const runWorkflowEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/workflow",
  summary: "See the workflow that a run is on as steps and ways",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "the workflow of the version that the run is pinned to" },
  answer: z
    .strictObject({
      workflow_id: name,
      name: z.string(),
      pack_digest: digest,
      entry: name,
      steps: z.array(workflowStep).readonly(),
      ways: z.array(workflowWay).readonly(),
    })
    .openapi("RunWorkflow"),
  async handle(call, { params }) {
    const { installation, caller } = call;
    const row = await inTenant(installation.database, caller.tenantId, (sql) => findRun(sql, params.run_id));
    if (row === undefined) return rejected(runNotFound(params.run_id));
    const { pack, workflow } = await packOf(call, row);
    const { definition, entry, steps } = workflow;
    return reply({
      workflow_id: definition.id,
      name: definition.name,
      pack_digest: row.pack_digest,
      entry,
      steps: definition.steps.flatMap(({ id }) => {
        const step = steps[id];
        return step === undefined ? [] : [stepView(step, pack.tools)];
      }),
      ways: definition.steps.flatMap((step) => waysOf(step).map((way) => ({ from: step.id, ...way }))),
    });
  },
});

async function packOf({ installation, caller }: Call, row: RunRow) {
  const { pack, workflows } = await installation.control.pack(caller.tenantId, row.pack_digest);
  const workflow = workflows[row.workflow_id];
  assert(workflow !== undefined, "a run's pack has its workflow");
  return { pack, workflow };
}

type Tools = Awaited<ReturnType<typeof packOf>>["pack"]["tools"];

function stepView({ definition, call, undo }: CompiledStep, tools: Tools): z.output<typeof workflowStep> {
  return {
    id: definition.id,
    type: definition.type,
    about: aboutOf(definition),
    side_effect_level: call === null ? null : (tools[call.tool]?.side_effect_level ?? null),
    undone_by: undo?.tool ?? null,
  };
}

function aboutOf(step: StepDefinition): string {
  switch (step.type) {
    case "TOOL":
    case "COMPENSATION":
      return step.tool_name;
    case "BRANCH":
      return step.condition;
    case "PARALLEL":
      return `${step.join_policy ?? "ALL"} of ${step.parallel_steps.length}`;
    case "START_RUN":
      return step.workflow;
    case "AGENT":
      return step.graph;
    case "WAIT":
      switch (step.wait_for.type) {
        case "WEBHOOK":
          return step.wait_for.event_type;
        case "POLL":
          return step.wait_for.poll_tool;
        case "TIMER":
          return `${step.wait_for.duration_seconds} s`;
        case "MANUAL":
          return "a person";
      }
  }
}

const versionNumber = z.coerce.number().int().min(1);

export const runStateEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/state",
  summary: "See a run's document at any version, and what changed since another",
  description: "A version beyond the last one is the last one. Of a version, what is recorded never changes.",
  needs: ["read"],
  request: {
    ...NOTHING,
    params: RUN_ID,
    query: z.strictObject({
      version: versionNumber.optional(),
      /** The version before, unless told. */
      since: versionNumber.optional(),
    }),
  },
  statuses: { 200: "the document with what made it so" },
  answer: z
    .strictObject({
      run_id: name,
      version: z.int(),
      last_version: z.int(),
      since: z.int(),
      /** The event that made this version. */
      made_by: z.strictObject({ seq: z.int(), type: z.string(), step: z.string().nullable(), at: time }),
      document: jsonObject,
      document_sha256: digest,
      /** RFC 6902: from the version `since` to this one. */
      patch: z.array(jsonObject).readonly(),
      /** The same place by place, with what was there before; what is not there is left out. */
      changes: z.array(z.strictObject({ path: z.string(), was: json.optional(), is: json.optional() })).readonly(),
    })
    .openapi("RunDocument"),
  async handle(call, { params, query }) {
    const found = await readEvents(call, params.run_id);
    if (found === undefined) return rejected(runNotFound(params.run_id));
    const versions = versionsOf(transitionsOf(found.events));
    const last = versionAt(versions, Number.POSITIVE_INFINITY).version;
    const { version, document, madeBy } = versionAt(versions, query.version ?? last);
    const since = versionAt(versions, query.since ?? Math.max(1, version - 1));
    const { seq, event } = madeBy;
    const { patch, changes } = changesBetween(since.document, document);
    return reply({
      run_id: params.run_id,
      version,
      last_version: last,
      since: since.version,
      made_by: { seq, type: event.type, step: event.step, at: timeOf(event.at) },
      document,
      document_sha256: digestOf(document),
      patch: patch.map((operation) => ({ ...operation })),
      changes: changes.map((change) => ({ ...change })),
    });
  },
});
