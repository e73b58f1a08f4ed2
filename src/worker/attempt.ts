import { after, type Instant, type JsonObject, type Stop } from "../contracts/index.ts";
import {
  type AdmittedCall,
  breakerAfter,
  breakerConfigOf,
  breakerNow,
  type CallContext,
  type CallRequest,
  type LookedUp,
  lookUp,
  type Performed,
  type PerformPorts,
  perform,
  type SettleContext,
  type Settlement,
  settle,
  type ToolOutcome,
  unknownReceipt,
} from "../guard/index.ts";
import { entitiesById } from "../ledger/index.ts";
import type { PlannedCall, Stimulus } from "../run/index.ts";
import { inTenant } from "../store/index.ts";
import { type AgentRequest, runAgent } from "./agent/agent.ts";
import type { Errands } from "./agent/errand.ts";
import { prepareCall } from "./call-desk.ts";
import type { CommitExtras } from "./commit.ts";
import { type Attempted, type DeskOptions, type Prepared, type RunFacts, settleContext } from "./desk.ts";
import { breakerRow, receiptEventRow, receiptRow, settleRow } from "./rows.ts";

export interface AttemptRequest {
  readonly planned: PlannedCall;
  readonly start: Extract<Prepared, { readonly kind: "start" }>;
  readonly cancelled: Stop;
  /** Null for a call inside another, which writes nothing by itself. */
  readonly errands: Errands | null;
}

/** Makes one attempt at a call whose intent is made. Never rejects for what a handler does. */
export async function attemptCall(desk: DeskOptions, run: RunFacts, attempt: AttemptRequest): Promise<Attempted> {
  const { start } = attempt;
  const startedAt = desk.host.clock.now();
  const inside: string[] = [];
  const ports = portsOf(desk, run, attempt, inside);
  let rested: Stimulus | null = null;
  const call = withGraph(desk, run, attempt, (stimulus) => {
    rested = stimulus;
  });
  const performed = await (start.how === "lookup"
    ? lookUp(start.call, start.request, ports)
    : perform(call, start.request, ports));
  if (rested !== null) return { stimulus: rested, extras: {}, entities: [], costMicros: 0 };
  if (performed.kind === "absent") return released(start);
  const attempted = settled(desk, run, attempt, { performed, startedAt, inside });
  if (start.call.breaker === null) return attempted;
  return { ...attempted, extras: { ...attempted.extras, ...(await breakerRows(desk, start, performed)) } };
}

/** An agent's call is carried out by its graph; every other by its handler. */
function withGraph(
  desk: DeskOptions,
  run: RunFacts,
  { planned, start, cancelled, errands }: AttemptRequest,
  onRest: (rested: Stimulus) => void,
): AdmittedCall {
  const { call } = start;
  const { tool } = call;
  if (tool.graph === undefined || errands === null) return call;
  const attempt: AgentRequest["attempt"] = (facts, nested, made) =>
    attemptCall(desk, facts, { planned: nested, start: made, cancelled, errands: null });
  const request = { desk, run, planned, tool, cancelled, errands, attempt };
  return { ...call, tool: { ...tool, handler: (input, context) => runAgent(request, input, context, onRest) } };
}

/** The provider knows nothing of the earlier attempt: its reservation is given back, and the call may be made. */
const released = ({ call }: AttemptRequest["start"]): Attempted => ({
  stimulus: null,
  extras: call.intent === null ? {} : { settle: [settleRow({ ...call.intent, status: "FAILED_NO_EFFECT" })] },
  entities: [],
  costMicros: 0,
});

interface Made {
  readonly performed: Exclude<LookedUp, { kind: "absent" }>;
  readonly startedAt: Instant;
  /** Tools that its handler called. */
  readonly inside: readonly string[];
}

function settled(
  desk: DeskOptions,
  run: RunFacts,
  { planned, start }: AttemptRequest,
  { performed, startedAt, inside }: Made,
): Attempted {
  const { call, request } = start;
  const context = settleContext(desk, run, { request, startedAt, record: call.intent });
  const settlement = leftToPeople(desk, start, settle(call, performed, context), { performed, context });
  const answered = {
    lane: planned.lane,
    step: planned.step,
    attempt: planned.attempt,
    spent: {
      marks: planned.purpose === "step" ? [call.mark] : [],
      tokens: settlement.tokens,
      tool_calls: [planned.tool, ...inside],
    },
    call: settlement.trace,
  };
  return {
    stimulus: stimulusOf(desk, answered, { performed, settlement, start }),
    extras: recordRows(desk, settlement),
    notes: settlement.notes,
    entities: settlement.entities,
    costMicros: settlement.costMicros,
  };
}

/** Once nobody looks any more, only a person can settle the effect: its receipt says so from then on. */
function leftToPeople(
  desk: DeskOptions,
  start: AttemptRequest["start"],
  settlement: Settlement,
  { performed, context }: { readonly performed: Performed; readonly context: SettleContext },
): Settlement {
  const { call } = start;
  const isUnknown = performed.kind === "failed" && performed.effect === "unknown";
  if (!isUnknown || call.intent === null || settlement.record === null || settlement.receipt !== null)
    return settlement;
  if (nextLook(desk, start, settlement) !== null) return settlement;
  const receipt = unknownReceipt(call.intent, call, context, performed.proof);
  return { ...settlement, receipt, record: { ...settlement.record, receipt_id: receipt.receipt_id } };
}

type Answered = Omit<Extract<Stimulus, { kind: "succeeded" }>, "kind" | "output" | "receipt_id" | "reused">;

function stimulusOf(
  desk: DeskOptions,
  answered: Answered,
  {
    performed,
    settlement,
    start,
  }: { readonly performed: Performed; readonly settlement: Settlement; readonly start: AttemptRequest["start"] },
): Stimulus {
  if (performed.kind === "succeeded") {
    return {
      kind: "succeeded",
      ...answered,
      output: settlement.output ?? {},
      receipt_id: settlement.receipt?.receipt_id ?? null,
      reused: false,
    };
  }
  const { code, message, effect, retryAfterMs } = performed;
  const retry = retryAfterMs === null ? {} : { retryAfterMs };
  const look = effect === "unknown" ? { lookAt: nextLook(desk, start, settlement) } : {};
  return { kind: "failed", ...answered, code, message, effect, ...look, ...retry };
}

/** First look after this long, where the contract does not ask for more; and how long looking goes on before a person is asked. */
const LOOK_AGAIN_MS = 1_000;
const LOOKING_MS_MAX = 10 * 60_000;

/** When the outcome of an unanswered attempt is looked for again; null once only a person can tell. */
function nextLook(
  desk: DeskOptions,
  { call, aheadMs }: AttemptRequest["start"],
  settlement: Settlement,
): Instant | null {
  if (settlement.receipt !== null || call.intent === null) return null;
  const now = desk.host.clock.now();
  if (now + aheadMs - call.intent.first_seen_at > LOOKING_MS_MAX) return null;
  // The same key can be sent again at once; a look-up proves nothing before the provider has settled.
  const waitMs = call.intent.external_key === null ? call.tool.contract.settle_ms : 0;
  return after(now, Math.max(waitMs, LOOK_AGAIN_MS));
}

function recordRows(desk: DeskOptions, { record, receipt }: Settlement): CommitExtras {
  const settle = record === null ? {} : { settle: [settleRow(record)] };
  if (receipt === null) return settle;
  return {
    ...settle,
    receipts: [receiptRow(receipt)],
    receipt_events: [receiptEventRow(receipt, desk.host.clock.now())],
  };
}

/** The breaker after the outcome, judged by its present record: probes and other calls may have moved it meanwhile. */
async function breakerRows(
  desk: DeskOptions,
  { call, request }: AttemptRequest["start"],
  { breaker: outcome }: Performed,
): Promise<CommitExtras> {
  const { dependency, name: tool } = call.tool.contract;
  if (dependency === null || call.breaker === null || outcome === "ignored") return {};
  if (outcome === "success" && call.breaker.state === "CLOSED") return {};
  const config = breakerConfigOf(dependency);
  const { tenantId, runId } = request;
  const { read } = await desk.facts.read({ tenantId, runId, internalKey: null, breakerId: dependency, tool });
  const { now } = read;
  const before = breakerNow({ id: dependency, stored: read.breaker }, config, now);
  const next = breakerAfter(before, config, { admittedIn: call.breaker, outcome, now });
  return next === before ? {} : { breakers: [breakerRow(next, before.revision)] };
}

/** What an attempt reaches through; tools that its handler calls are added to `inside`. */
function portsOf(
  desk: DeskOptions,
  run: RunFacts,
  { start, cancelled }: AttemptRequest,
  inside: string[],
): PerformPorts {
  const { control, state } = run;
  const { fetch, resolve } = desk.network;
  return {
    clock: desk.host.clock,
    cancelled,
    egress: { mode: control.mode, sandboxOrigins: control.sandboxOrigins, fetch, resolve },
    salt: control.secrets.tokenKey,
    context: {
      credential: (service) => {
        const credential = control.credentials.get(service);
        if (credential === undefined) throw new Error(`the tenant has no credential for \`${service}\``);
        return credential;
      },
      invoke: (tool, input, spends) =>
        invokeNested(desk, run, { tool, input, request: start.request, cancelled, inside, spends }),
      entity: async (entityType, entityId) => {
        const rows = await inTenant(desk.database, state.tenant_id, (sql) => entitiesById(sql, [entityId]));
        const row = rows.find((found) => found.entity_type === entityType);
        const entity: JsonObject = row === undefined ? {} : JSON.parse(row.state);
        return row === undefined ? null : { version: row.version, state: entity };
      },
      open: desk.openSealed(control),
    },
  };
}

interface Nested {
  readonly tool: string;
  readonly input: Parameters<CallContext["invoke"]>[1];
  readonly request: CallRequest;
  readonly cancelled: Stop;
  readonly inside: string[];
  readonly spends: CallContext["usage"];
}

/**
 * A tool called from inside another passes the guards under its own scope, and counts to the run's bounds. Only READ tools may
 * be: an effect has a step of its own, whose intent is committed before it.
 */
async function invokeNested(desk: DeskOptions, run: RunFacts, nested: Nested): Promise<ToolOutcome> {
  const version = run.pack.pack.tools[nested.tool]?.version ?? "";
  // Judged by the registered contract, which is what runs: what a pack says of the tool is only a claim.
  const registered = desk.registry.find(nested.tool, version);
  const planned: PlannedCall = {
    lane: nested.request.stepId,
    step: nested.request.stepId,
    attempt: nested.request.attempt,
    // What undoes something has a budget of its own, with all that it calls: a bound may be what ended its run.
    purpose: nested.request.purpose === "compensation" ? "compensation" : "poll",
    settleOnly: false,
    tool: nested.tool,
    version,
    input: nested.input,
    approvalAsked: null,
  };
  if (registered.ok && registered.value.contract.side_effect_level !== "READ") {
    return {
      kind: "rejected",
      code: "PERMISSION_DENIED",
      message: `\`${nested.tool}\` writes, so it must be a step of its own`,
    };
  }
  const counted = withCalls(run, [nested.request.tool, ...nested.inside]);
  nested.inside.push(nested.tool); // before it is judged: several may be called at once
  const prepared = await prepareCall(desk, counted, planned);
  if (prepared.kind === "answer" && "code" in prepared.stimulus) {
    if (prepared.stimulus.spent.tool_calls.length === 0)
      nested.inside.splice(nested.inside.lastIndexOf(nested.tool), 1);
    return { kind: "rejected", code: prepared.stimulus.code, message: prepared.stimulus.message };
  }
  if (prepared.kind !== "start")
    return { kind: "not_applied", code: "TOOL_ERROR", message: "the nested call could not start" };
  const start = { planned, start: prepared, cancelled: nested.cancelled, errands: null };
  const performed = await perform(prepared.call, prepared.request, portsOf(desk, run, start, nested.inside));
  for (const spent of performed.usage) nested.spends(spent);
  return performed.kind === "succeeded"
    ? { kind: "applied", result: { output: performed.output } }
    : { kind: "rejected", code: performed.code, message: performed.message };
}

/** The run as the guards of a call inside another find it: what its attempt called so far is counted already. */
function withCalls(run: RunFacts, calls: readonly string[]): RunFacts {
  const { counters } = run.state;
  const tool_calls_per_type = new Map(Object.entries(counters.tool_calls_per_type));
  for (const tool of calls) tool_calls_per_type.set(tool, (tool_calls_per_type.get(tool) ?? 0) + 1);
  const counted = {
    ...counters,
    tool_calls: counters.tool_calls + calls.length,
    tool_calls_per_type: Object.fromEntries(tool_calls_per_type),
  };
  return { ...run, state: { ...run.state, counters: counted } };
}
