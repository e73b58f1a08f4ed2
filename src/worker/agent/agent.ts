import { readFile } from "node:fs/promises";
import { decisionsOf } from "../../approve/index.ts";
import { Fault, type JsonObject, type Stop, sha256Hex } from "../../contracts/index.ts";
import type { CallContext, RegisteredTool, ToolOutcome } from "../../guard/index.ts";
import {
  type AgentFact,
  type AgentInterrupt,
  type GraphManifest,
  type GraphNode,
  interruptsOf,
  type PlannedCall,
  type Stimulus,
  toolsOf,
} from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import type { CommitExtras } from "../commit.ts";
import type { DeskOptions, RunFacts } from "../desk.ts";
import { checkpointRow, openCheckpoint, writeRow } from "./checkpoint.ts";
import { admitCheckpoint, admitWrite, type NextEntry, nextEntry } from "./entry.ts";
import { type Errands, GraphStopped } from "./errand.ts";
import { type AttemptOfCall, callForGraph, type GraphCaller, write } from "./graph-call.ts";
import { GraphRefused, ISOLATION, runGraphProcess, type Served } from "./graph-process.ts";
import { askInterrupt } from "./interrupt.ts";
import { environmentOf, fetchForGraph, TokenBudget } from "./model-call.ts";
import type { GraphEnd, GraphRequest, InjectedTool, NewWrite, NodeBounds, StoredCheckpoint } from "./protocol.ts";
import { countCheckpoints, findCheckpoint, listCheckpoints, writesOf } from "./queries.ts";

/**
 * One invocation of an agent's graph: to its driver one long call, in which everything that changes something is asked for.
 *
 * N1  The thread is the step's; the graph is entered as what is stored demands, never as anybody says.
 * N2  A checkpoint is committed, under the run's fence, before its superstep's successor begins.
 * N3  A question becomes an approval in the commit of the write that asks it, and its answer is used in the commit of the
 *     write that resumes it.
 */

export interface AgentRequest {
  readonly desk: DeskOptions;
  readonly run: RunFacts;
  readonly planned: PlannedCall;
  readonly tool: RegisteredTool;
  readonly cancelled: Stop;
  readonly errands: Errands;
  readonly attempt: AttemptOfCall;
}

/** Runs a graph as the handler of its step's call; `onRest` is told where it waits for people instead of answering. */
export async function runAgent(
  request: AgentRequest,
  input: JsonObject,
  context: CallContext,
  onRest: (rested: Stimulus) => void,
): Promise<ToolOutcome> {
  const agent = new Agent(request, context);
  const end = await agent.run(input);
  if (end.status === "failed") return failure(end);
  const rested = agent.rested(end.status);
  if (end.status === "interrupted") {
    onRest(rested);
    return { kind: "not_applied", code: "E_APPROVAL_REQUIRED", message: "the graph waits for people" };
  }
  await write(agent.caller, () => ({ stimuli: [rested] }));
  const output = typeof end.output === "object" && end.output !== null && !Array.isArray(end.output) ? end.output : {};
  return { kind: "applied", result: { output: output as JsonObject } };
}

/** Nothing of the step is applied: what its graph changed has records of its own. */
const failure = ({ code, message }: Extract<GraphEnd, { readonly status: "failed" }>): ToolOutcome => ({
  kind: "not_applied",
  code,
  message,
});

class Agent {
  readonly caller: GraphCaller;
  readonly #context: CallContext;
  readonly #tool: RegisteredTool;
  /** The question that this invocation was entered to answer. */
  #answers: AgentInterrupt | null = null;

  constructor({ desk, run, planned, tool, cancelled, errands, attempt }: AgentRequest, context: CallContext) {
    const threadId = `lg:${run.state.workflow_id}:${run.state.run_id}:${planned.step}`;
    const manifest = manifestOf(run, planned);
    this.caller = { desk, errands, planned, manifest, threadId, cancelled, run, attempt };
    this.#context = context;
    this.#tool = tool;
  }

  async run(input: JsonObject): Promise<GraphEnd> {
    const { desk, manifest, planned, run, threadId, errands } = this.caller;
    const { graph } = this.#tool;
    if (graph === undefined) return failedBy("E_GRAPH_CONFIG", `\`${planned.tool}\` is registered without a graph`);
    const changed = await this.#changedCode(graph.module);
    if (changed !== null) return failedBy("E_GRAPH_CONFIG", changed);
    const next = await this.#next(input);
    if (next.kind === "wait") return { status: "interrupted" };
    errands.reached("graph_started");
    return runGraphProcess({
      program: desk.graphProgram,
      start: {
        module: graph.module,
        exportName: graph.exportName,
        threadId,
        recursionLimit: manifest.recursion_limit,
        nodes: manifest.nodes.map(boundsOf),
        tools: injected(run, manifest, graph.describe),
        entry: next.entry,
      },
      environment: environmentOf(manifest),
      signal: this.#context.signal,
      serve: (request) => this.#serve(request),
    });
  }

  /** The graph has nothing left to do, with the proof that it ran where the label says it did. */
  rested(status: "completed" | "interrupted"): Stimulus {
    const { planned, threadId, manifest } = this.caller;
    const checkpoints = this.#checkpoints;
    const policy = checkpoints > 0 && manifest.graph_id === planned.tool ? "LANGGRAPH_ONLY" : "UNPROVEN";
    const tokens = status === "interrupted" ? this.#tokens : 0;
    const payload = {
      status,
      tokens,
      thread_id: threadId,
      checkpoints,
      isolation: ISOLATION,
      runtime_policy: policy,
    } as const;
    return this.#did({ type: "agent.rested", payload });
  }

  #checkpoints = 0;
  #tokens = 0;
  readonly #budget = new TokenBudget(() => {
    const { state, pack } = this.caller.run;
    return pack.pack.bounds.max_tokens_per_run - state.counters.tokens - this.#tokens;
  });

  async #changedCode(module: string): Promise<string | null> {
    const { code_digest } = this.caller.manifest;
    if (code_digest === null) return null;
    const digest = sha256Hex(await readFile(new URL(module), "utf8"));
    return digest === code_digest ? null : `the module of the graph has the digest ${digest}, not that of the manifest`;
  }

  async #next(input: JsonObject): Promise<NextEntry> {
    const { run, planned, threadId, desk } = this.caller;
    const interrupts = interruptsOf(run.state, planned.step);
    const { counted, reasons } = await inTenant(desk.database, run.state.tenant_id, async (sql) => ({
      counted: await countCheckpoints(sql, threadId),
      reasons: await reasonsOf(interrupts, (approvalId) => decisionsOf(sql, approvalId)),
    }));
    this.#checkpoints = counted[0]?.count ?? 0;
    const answer = (one: AgentInterrupt): JsonObject => answerTo(one, reasons.get(one.approval_id));
    const next = nextEntry({ input, hasCheckpoint: this.#checkpoints > 0, interrupts, answer });
    if (next.kind === "enter" && next.approvalId !== null)
      this.#answers = interrupts.find(({ approval_id }) => approval_id === next.approvalId) ?? null;
    return next;
  }

  #serve(request: Served): Promise<unknown> {
    switch (request.op) {
      case "put":
        return this.#put(request);
      case "putWrites":
        return this.#putWrites(request);
      case "getTuple":
        return this.#getTuple(request);
      case "list":
        return this.#list(request);
      case "call":
        return callForGraph(this.caller, request);
      case "fetch":
        return fetchForGraph(this.caller.manifest, this.#counting, request);
    }
  }

  get #counting(): Parameters<typeof fetchForGraph>[1] {
    const { fetch, credential, usage } = this.#context;
    return {
      budget: this.#budget,
      fetch,
      credential,
      usage: (spent) => {
        this.#tokens += spent.tokens;
        usage(spent);
      },
    };
  }

  async #put(made: Extract<GraphRequest, { readonly op: "put" }>): Promise<null> {
    const { caller } = this;
    const { desk, planned, manifest, threadId } = caller;
    const names = { threadId, stepId: planned.step, graphId: manifest.graph_id, graphVersion: manifest.version };
    const { row, digest } = checkpointRow(names, made, { key: this.#key, random: desk.host.random });
    await write(caller, (run) => {
      const admitted = admitCheckpoint(made.source, interruptsOf(run.state, planned.step));
      if (!admitted.ok) throw new GraphRefused(admitted.refusal.code, admitted.refusal.message);
      const payload = {
        graph_id: manifest.graph_id,
        thread_id: threadId,
        checkpoint_ns: made.checkpointNs,
        checkpoint_id: made.checkpointId,
        parent_checkpoint_id: made.parentCheckpointId,
        source: made.source,
        graph_step: made.graphStep,
        payload_sha256: digest,
      };
      return {
        stimuli: [this.#did({ type: "agent.checkpointed", payload })],
        extras: { agent: { checkpoints: [row] } },
      };
    });
    this.#checkpoints += 1;
    caller.errands.reached("after_checkpoint");
    return null;
  }

  /** N3 */
  async #putWrites(made: Extract<GraphRequest, { readonly op: "putWrites" }>): Promise<null> {
    const { caller } = this;
    const { desk, threadId, planned } = caller;
    const seal = { key: this.#key, random: desk.host.random };
    const rows = lastOfEach(made.writes).map((one) => writeRow(threadId, made, one, seal));
    await write(caller, (run) => {
      const interrupts = interruptsOf(run.state, planned.step);
      const answers = interrupts.find(({ approval_id }) => approval_id === this.#answers?.approval_id) ?? null;
      for (const { channel } of made.writes) {
        const admitted = admitWrite({ channel, lgTaskId: made.lgTaskId }, { interrupts, answers });
        if (!admitted.ok) throw new GraphRefused(admitted.refusal.code, admitted.refusal.message);
      }
      const resumed = answers !== null && made.lgTaskId === answers.interrupt_id ? answers : null;
      const asked = made.writes.flatMap(
        ({ interrupt }) => (interrupt === null ? null : askInterrupt(caller, run, made, interrupt)) ?? [],
      );
      const consume = resumed === null ? {} : { consume: resumed.approval_id };
      const extras: CommitExtras = { agent: { writes: rows, ...consume } };
      return {
        stimuli: [
          ...(resumed === null ? [] : [this.#did({ type: "agent.resumed", payload: resumed })]),
          ...asked.map(({ stimulus }) => stimulus),
        ],
        extras: asked.length === 0 ? extras : { ...extras, approvals: asked.map(({ row }) => row) },
        notes: asked.flatMap(({ notes }) => notes),
      };
    });
    caller.errands.reached("after_writes");
    return null;
  }

  async #getTuple(asked: Extract<GraphRequest, { readonly op: "getTuple" }>): Promise<StoredCheckpoint | null> {
    const { desk, run, threadId } = this.caller;
    const { row, writes } = await inTenant(desk.database, run.state.tenant_id, async (sql) => {
      const [found] = await findCheckpoint(sql, threadId, asked.checkpointNs, asked.checkpointId);
      return { row: found, writes: found === undefined ? [] : await writesOf(sql, threadId, [found.checkpoint_id]) };
    });
    return row === undefined ? null : this.#open(() => openCheckpoint(row, writes, this.#key));
  }

  async #list(asked: Extract<GraphRequest, { readonly op: "list" }>): Promise<readonly StoredCheckpoint[]> {
    const { desk, run, threadId } = this.caller;
    const { rows, writes } = await inTenant(desk.database, run.state.tenant_id, async (sql) => {
      const found = await listCheckpoints(sql, threadId, asked);
      const ids = found.map(({ checkpoint_id }) => checkpoint_id);
      return { rows: found, writes: await writesOf(sql, threadId, ids) };
    });
    return this.#open(() => rows.map((row) => openCheckpoint(row, writes, this.#key)));
  }

  #open<T>(open: () => T): T {
    try {
      return open();
    } catch (error) {
      if (error instanceof Fault) throw new GraphStopped(error.code, error.message);
      throw error;
    }
  }

  get #key() {
    return this.caller.run.control.secrets.artifactKey;
  }

  #did(fact: AgentFact): Stimulus {
    const { lane, step, attempt } = this.caller.planned;
    return { kind: "agent", lane, step, attempt, fact };
  }
}

/** A task that was answered twice writes each answer under the one index of its kind: the last holds them all. */
const lastOfEach = (writes: readonly NewWrite[]): readonly NewWrite[] => [
  ...new Map(writes.map((one) => [one.idx, one])).values(),
];

const failedBy = (code: string, message: string): GraphEnd => ({ status: "failed", code, message });

const boundsOf = ({ name, timeout_seconds }: GraphNode): NodeBounds => ({
  name,
  timeoutMs: timeout_seconds === null ? null : timeout_seconds * MS,
});

const MS = 1_000;

function manifestOf({ pack, state }: RunFacts, { step }: PlannedCall): GraphManifest {
  const definition = pack.workflows[state.workflow_id]?.steps[step]?.definition;
  if (definition?.type !== "AGENT") throw new GraphStopped("E_GRAPH_CONFIG", `\`${step}\` is no AGENT step`);
  return definition.manifest;
}

function injected(
  { pack }: RunFacts,
  manifest: GraphManifest,
  describe: { readonly [tool: string]: string },
): readonly InjectedTool[] {
  const { called, proposed } = toolsOf(pack.pack.tools, manifest);
  return [...called, ...proposed].map((name) => ({
    name,
    description: describe[name] ?? `the tool ${name}`,
    inputSchema: pack.pack.tools[name]?.input_schema ?? {},
  }));
}

async function reasonsOf(
  interrupts: readonly AgentInterrupt[],
  decisions: (approvalId: string) => Promise<readonly { readonly approver: string; readonly reason: string | null }[]>,
) {
  const reasons = new Map<string, { readonly by: string; readonly reason: string | null }>();
  for (const { approval_id, decision, consumed } of interrupts) {
    if (decision === null || consumed) continue;
    const last = (await decisions(approval_id)).at(-1);
    if (last !== undefined) reasons.set(approval_id, { by: last.approver, reason: last.reason });
  }
  return reasons;
}

/** What the graph is told: the decision, who took it, and what they said. */
const answerTo = (
  { decision }: AgentInterrupt,
  told: { readonly by: string; readonly reason: string | null } | undefined,
): JsonObject => ({
  decision: decision === "approved" ? "APPROVED" : "REJECTED",
  by: told?.by ?? null,
  reason: told?.reason ?? null,
});
