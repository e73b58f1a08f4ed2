import { after, isJsonObject, type Json, type JsonObject, type Stop } from "../../contracts/index.ts";
import { scannerNotes } from "../../guard/index.ts";
import { redact, SCAN_ONLY } from "../../ledger/index.ts";
import {
  type AgentFact,
  type GraphManifest,
  interruptsOf,
  isDraining,
  type PlannedCall,
  type Stimulus,
} from "../../run/index.ts";
import { prepareCall } from "../call-desk.ts";
import { type Attempted, type DeskOptions, NOTHING_SPENT, type Prepared, type RunFacts } from "../desk.ts";
import { type Errands, GraphStopped, type Written } from "./errand.ts";
import { GraphRefused } from "./graph-process.ts";
import type { GraphPlace } from "./protocol.ts";

/**
 * One call that a graph makes, through the guards like every other.
 *
 * C1  A tool that its node's manifest does not name is denied, and the graph ended, whatever its code would make of it.
 * C2  READ and SOFT_WRITE tools are called at once, the latter after the commit of their intent; others are proposed.
 * C3  Each call is one event of the run, so its bounds and its loop detector see what the graph does while it does it.
 * C4  A graph gets outputs as they may be stored, never raw.
 */

export interface GraphCallRequest extends GraphPlace {
  readonly node: string;
  readonly tool: string;
  readonly input: Json;
}

export interface GraphCaller {
  readonly desk: DeskOptions;
  readonly errands: Errands;
  /** The AGENT step's own call. */
  readonly planned: PlannedCall;
  readonly manifest: GraphManifest;
  readonly threadId: string;
  readonly cancelled: Stop;
  /** Makes one attempt at a call whose intent is committed. */
  readonly attempt: AttemptOfCall;
  /** The facts of the moment at which the graph was started; for what never changes. */
  readonly run: RunFacts;
}

export type AttemptOfCall = (
  run: RunFacts,
  planned: PlannedCall,
  start: Extract<Prepared, { readonly kind: "start" }>,
) => Promise<Attempted>;

type Called = Extract<AgentFact, { readonly type: "agent.called" }>["payload"];

/** Calls a tool for a graph and gives its output. Throws `GraphRefused` for what a graph may handle, else `GraphStopped`. */
export async function callForGraph(caller: GraphCaller, asked: GraphCallRequest): Promise<Json> {
  const allowed = caller.manifest.nodes.find(({ name }) => name === asked.node)?.tools_allowed ?? [];
  if (!allowed.includes(asked.tool)) {
    return stop(caller, asked, "POLICY.TOOL_NOT_ALLOWED", `node \`${asked.node}\` may not call \`${asked.tool}\``); // C1
  }
  const level = caller.run.pack.pack.tools[asked.tool]?.side_effect_level;
  return level === "READ" || level === "SOFT_WRITE" ? made(caller, asked) : proposed(caller, asked); // C2
}

/** Prepares, claims and makes the call until it is settled: an open effect of a dead worker is looked for first. */
async function made(caller: GraphCaller, asked: GraphCallRequest): Promise<Json> {
  for (;;) {
    if (caller.cancelled.isStopped) throw new GraphStopped("RUN_CANCELLED", "the call was stopped");
    const { prepared, run, planned } = await prepare(caller, asked);
    switch (prepared.kind) {
      case "later":
        await caller.desk.host.clock.wake(prepared.at, caller.cancelled.signal);
        break;
      case "ask":
        return stop(caller, asked, "HITL_DENIED", `\`${asked.tool}\` needs an approval: give it a step of its own`);
      case "answer":
        return answered(caller, asked, { attempted: settledAs(prepared), planned });
      case "start": {
        const attempted = await caller.attempt(run, planned, prepared);
        caller.errands.reached("after_effect");
        if (attempted.stimulus !== null) return answered(caller, asked, { attempted, planned });
        await write(caller, () => ({ stimuli: [], settlement: attempted.extras }));
      }
    }
  }
}

interface Ready {
  readonly prepared: Prepared;
  readonly run: RunFacts;
  readonly planned: PlannedCall;
}

/** The guards judge, and an intent is committed, in one turn of the run's only writer. */
async function prepare(caller: GraphCaller, asked: GraphCallRequest): Promise<Ready> {
  let ready: Ready | null = null;
  const written = await write(caller, async (run) => {
    const planned = plannedFor(caller, run, asked);
    const prepared = await prepareCall(caller.desk, run, planned);
    ready = { prepared, run, planned };
    return prepared.kind === "start" && prepared.intent !== null ? { stimuli: [], intent: prepared.intent } : null;
  });
  const isLost = written.kind === "written" && written.lostClaim !== null;
  if (ready === null || isLost) return { prepared: soon(caller), run: caller.run, planned: caller.planned };
  return ready;
}

/** Milliseconds after which a call is judged again whose claim another run was first to make. */
const JUDGE_AGAIN_MS = 50;

const soon = ({ desk }: GraphCaller): Prepared => ({
  kind: "later",
  at: after(desk.host.clock.now(), JUDGE_AGAIN_MS),
  busy: true,
});

/** A node that was answered starts again from its first line: what it calls once more is no loop. */
const isAgain = ({ state }: RunFacts, step: string, lgTaskId: string): boolean =>
  interruptsOf(state, step).some((asked) => asked.lg_task_id === lgTaskId && asked.consumed);

const plannedFor = (
  { planned }: GraphCaller,
  run: RunFacts,
  { tool, input, lgTaskId }: GraphCallRequest,
): PlannedCall => ({
  lane: planned.lane,
  step: planned.step,
  attempt: planned.attempt,
  purpose: isAgain(run, planned.step, lgTaskId) ? "retry" : "step",
  settleOnly: false,
  tool,
  version: run.pack.pack.tools[tool]?.version ?? "",
  input,
  approvalAsked: null,
});

const settledAs = ({ kind: _kind, ...answer }: Extract<Prepared, { readonly kind: "answer" }>): Attempted => ({
  ...answer,
  entities: [],
  costMicros: 0,
});

/** Refusals that say something about the arguments: a model may mend them. */
const MENDABLE: ReadonlySet<string> = new Set(["SCHEMA_INVALID", "SCHEMA_PARSE_ERROR", "CROSS_TENANT_DENIED"]);

async function answered(
  caller: GraphCaller,
  asked: GraphCallRequest,
  { attempted, planned }: { readonly attempted: Attempted; readonly planned: PlannedCall },
): Promise<Json> {
  const { stimulus, extras, notes = [], entities: changes, costMicros } = attempted;
  const answer = answerIn(stimulus);
  const { spent, call, receiptId: receipt_id, code } = answer;
  // Also while the run is ending: how an effect ended is recorded whatever the run makes of it.
  const written = await caller.errands.write(() => ({
    stimuli: [did(caller, asked, { spent, call, receipt_id, code, proposed: null })],
    settlement: extras,
    notes,
    outcome: { planned, changes, costMicros },
  }));
  assertWritten(written);
  caller.errands.reached("after_graph_call");
  if (answer.output !== null) return answer.output;
  const isTheirs = stimulus?.kind === "failed" && stimulus.effect === "none";
  if (code !== null && (isTheirs || MENDABLE.has(code))) throw new GraphRefused(code, answer.message);
  throw new GraphStopped(code ?? "EFFECT_UNKNOWN", answer.message);
}

function answerIn(stimulus: Stimulus | null) {
  switch (stimulus?.kind) {
    case "succeeded":
      return { ...stimulus, receiptId: stimulus.receipt_id, code: null, message: "" }; // C4
    case "failed":
      return {
        ...stimulus,
        output: null,
        receiptId: null,
        code: stimulus.effect === "unknown" ? "EFFECT_UNKNOWN" : stimulus.code,
      };
    case "refused":
      return { ...stimulus, output: null, receiptId: null };
    default:
      return {
        spent: NOTHING_SPENT,
        call: null,
        output: null,
        receiptId: null,
        code: "EFFECT_UNKNOWN",
        message: "the call was not settled",
      };
  }
}

/** Puts a call into the plan that the step leaves to the steps after it. One for each tool; the last one counts. */
async function proposed(caller: GraphCaller, asked: GraphCallRequest): Promise<Json> {
  const { desk, run } = caller;
  const found = desk.registry.find(asked.tool, run.pack.pack.tools[asked.tool]?.version ?? "");
  if (!found.ok) throw new GraphStopped(found.refusal.code, found.refusal.message);
  const valid = found.value.validateInput(asked.input);
  if (!valid.ok) throw new GraphRefused(valid.refusal.code, valid.refusal.message);
  const context = {
    entry_id: null,
    step_id: caller.planned.step,
    tool: asked.tool,
    salt: run.control.secrets.tokenKey,
  };
  const redacted = redact(valid.value, SCAN_ONLY, context);
  const { step: stepId, attempt } = caller.planned;
  const notes = scannerNotes({ tool: asked.tool, stepId, attempt }, [
    { part: "proposal", findings: redacted.findings },
  ]);
  if (redacted.kind === "rejected") {
    await write(caller, () => ({ stimuli: [], notes }));
    throw new GraphRefused(redacted.stub.code, "the arguments hold what is not stored");
  }
  const input: JsonObject = isJsonObject(redacted.value) ? redacted.value : {};
  const payload = { spent: NOTHING_SPENT, call: null, receipt_id: null, code: null, proposed: input };
  await write(caller, () => ({ stimuli: [did(caller, asked, payload)], notes }));
  return { proposed: true, note: "this call is made by a later step, after its own checks and approvals" };
}

/** Records that a graph reached for what it may not, and ends it. */
export async function stop(
  caller: GraphCaller,
  asked: GraphCallRequest,
  code: string,
  message: string,
): Promise<never> {
  const payload = { spent: NOTHING_SPENT, call: null, receipt_id: null, code, proposed: null };
  await write(caller, () => ({ stimuli: [did(caller, asked, payload)] }));
  throw new GraphStopped(code, message);
}

function did(
  { planned, manifest, threadId }: GraphCaller,
  { node, tool, checkpointId, lgTaskId }: GraphCallRequest,
  called: Pick<Called, "spent" | "call" | "receipt_id" | "code" | "proposed">,
): Stimulus {
  const names = { graph_id: manifest.graph_id, thread_id: threadId, checkpoint_id: checkpointId };
  const payload = { ...names, lg_task_id: lgTaskId, node, tool, ...called };
  const { lane, step, attempt } = planned;
  return { kind: "agent", lane, step, attempt, fact: { type: "agent.called", payload } };
}

/** Has something written for a graph, unless its run is ending or no longer at its step. */
export async function write(
  { errands }: Pick<GraphCaller, "errands">,
  errand: Parameters<Errands["write"]>[0],
): Promise<Written> {
  const written = await errands.write((run) => {
    if (isDraining(run.state)) throw new GraphStopped("RUN_CANCELLED", "the run is ending");
    return errand(run);
  });
  assertWritten(written);
  return written;
}

function assertWritten({ kind }: Written): void {
  if (kind === "fenced") throw new GraphStopped("E_STALE_WRITER", "another worker holds the run");
  if (kind === "left") throw new GraphStopped("RUN_CANCELLED", "the run has left the step");
}
