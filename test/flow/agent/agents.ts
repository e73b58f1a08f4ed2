import { pathToFileURL } from "node:url";
import type { JsonObject } from "../../../src/contracts/index.ts";
import { defineAgent, type Tool } from "../../../src/guard/index.ts";
import type { GraphManifest } from "../../../src/run/index.ts";
import { bundle } from "../../program/bundle.ts";
import { flow, flowTools } from "../pack.ts";
import { Provider } from "../provider.ts";
import { type FlowShop, openShopOf } from "../shop.ts";
import type { FlowTenant } from "../tenant.ts";

const GRAPHS = "test/flow/agent/graphs.ts";
const GRAPH_PROGRAM = "src/worker/agent/child/main.ts";

type Node = readonly [name: string, ...tools: string[]];

/** The agents of these tests: the export of their module, and the nodes that their manifests name. */
const AGENTS: { readonly [exportName: string]: readonly Node[] } = {
  twoGates: [["prep"], ["gateA", "look"], ["gateB", "look"], ["fin"]],
  looks: [["looking", "look"]],
  asksTwice: [["asking", "look"]],
  siblings: [
    ["a", "look"],
    ["b", "look"],
    ["c", "look"],
  ],
  loops: [["again"]],
  sixty: [["again"]],
  thousand: [["again"]],
  waits: [["quick"], ["waiting"]],
  fetches: [["reaching"]],
  connects: [["reaching"]],
  spawns: [["reaching"]],
  notesAndProposes: [
    ["noting", "note"],
    ["proposing", "dispatch"],
  ],
  gossips: [["talking", "look", "dispatch"]],
  oversteps: [["looking"], ["other", "look"]],
  throws: [["failing"]],
  notAGraph: [["none"]],
};

const INPUT = { type: "object", properties: { log: { type: "array", items: { type: "string" } } } } as const;

const OUTPUT = { type: "object", properties: { log: { type: "array", items: { type: "string" } } } } as const;

const agentTools = (module: string): readonly Tool[] =>
  Object.keys(AGENTS).map((name) =>
    defineAgent(
      { name, version: "1.0.0", input_schema: INPUT, output_schema: OUTPUT, timeout_seconds: 280 },
      { module, exportName: name },
    ),
  );

type Workflow = Parameters<typeof flow>[1];

/** An AGENT step that runs a graph with the whole trigger as its input. */
export const agentStep = (
  graph: string,
  rest: { readonly manifest?: Partial<GraphManifest>; readonly [field: string]: unknown } = {},
): Workflow[number] => {
  const { manifest, ...fields } = rest;
  const nodes = (AGENTS[graph] ?? []).map(([name, ...tools_allowed]) => ({ name, kind: "pure", tools_allowed }));
  return {
    id: "agent",
    type: "AGENT",
    graph,
    manifest: { graph_id: graph, version: "1.0.0", nodes, ...manifest },
    input_mapping: { log: [] },
    ...fields,
  };
};

/** Each invocation starts a process that loads the graph library: a second, and many of them where the machine is busy. */
const PATIENCE_MS = 50_000;

/** A shop whose workers run graphs. */
export async function openAgentShop({ patienceMs = PATIENCE_MS } = {}): Promise<{
  readonly shop: FlowShop;
  readonly close: () => Promise<void>;
}> {
  const graphs = await bundle(GRAPH_PROGRAM, GRAPHS);
  const provider = new Provider();
  const shop = await openShopOf(
    [...flowTools(provider), ...agentTools(pathToFileURL(graphs.file(GRAPHS)).href)],
    provider,
    {
      graphProgram: graphs.file(GRAPH_PROGRAM),
      patienceMs,
    },
  );
  const close = async () => {
    await shop.close();
    graphs.remove();
  };
  return { shop, close };
}

/** A tenant with one workflow `W` of these steps. */
export const agentTenant = (shop: FlowShop, ...steps: Workflow): Promise<FlowTenant> =>
  shop.tenant({
    workflows: [flow("W", steps, { allowed_failure_modes: ["HITL_DENIED", "POLICY.TOOL_NOT_ALLOWED"] })],
  });

/** What the AGENT step of a run stored. */
export async function outputOf(tenant: FlowTenant, runId: string): Promise<JsonObject> {
  const { payload } = await tenant.event(runId, "step.succeeded", "agent");
  const [stored] = Object(payload.patch);
  return stored.value;
}

/** What a run's graph has stored. */
export const storedOf = (tenant: FlowTenant, runId: string) =>
  tenant.sql(async (sql) => ({
    checkpoints: await sql<{ graph_step: number; epoch: number }[]>`
      select graph_step, epoch::int from agent_checkpoint where run_id = ${runId} order by checkpoint_id`,
    writes: await sql<{ channel: string; lg_task_id: string; graph_step: number }[]>`
      select w.channel, w.lg_task_id, c.graph_step
        from agent_write w
        join agent_checkpoint c using (tenant_id, thread_id, checkpoint_ns, checkpoint_id)
       where w.run_id = ${runId}
       order by c.graph_step, w.lg_task_id, w.idx`,
  }));

/** Approvals of a run that are open, by what they ask. */
export async function questionsOf(tenant: FlowTenant, runId: string) {
  const rows = (await tenant.approvals(runId)).filter(({ status }) => status === "PENDING");
  return Promise.all(rows.map(async (row) => ({ row, input: Object((await tenant.preview(row)).document.input) })));
}

/** Waits until a run has exactly this many open questions and rests. */
export async function asks(tenant: FlowTenant, runId: string, count: number) {
  await tenant.rests(runId, "SUSPENDED_HITL");
  const questions = await questionsOf(tenant, runId);
  if (questions.length !== count) throw new Error(`${questions.length} questions, not ${count}`);
  return questions;
}
