import {
  type Clock,
  carriesPrefix,
  type JsonObject,
  keepable,
  recordable,
  type Stop,
  sha256Hex,
} from "../contracts/index.ts";
import { type RedactionContext, redact, SCAN_ONLY } from "../ledger/index.ts";
import type { AdmittedCall, CallRequest } from "./call.ts";
import { ConnectionFailed, type Egress, type EgressOptions, EgressRefused, openEgress } from "./egress.ts";
import type { Scanned } from "./note.ts";
import {
  entitiesProblem,
  LOOKUP_OUTCOMES,
  outcomeProblem,
  proofProblem,
  TOOL_OUTCOMES,
  usableDelay,
  usageProblem,
} from "./outcome-shape.ts";
import { type Storable, storable, storableEntity } from "./storable.ts";
import { type Ended, timed } from "./timed.ts";
import type { CallContext, EffectProof, EntityChange, LookupOutcome, ToolOutcome, ToolResult, Usage } from "./tool.ts";

/*
 * Stages 12 and 13: the only place where a handler runs.
 *
 * X1  A handler gets its input, a way out that its scope bounds, and a signal; it ends within its time-out and one second.
 * X2  What may have happened is never reported as not having happened: for a tool that writes, every doubt is `unknown`.
 * X3  Nothing leaves here for storage that was not redacted; `output` alone is raw, for a handler that called this one.
 */

/** What became of one attempt. */
export type Performed = Succeeded | Failed;

interface Spending {
  readonly usage: readonly Usage[];
  /** How the dependency's breaker takes it. */
  readonly breaker: "success" | "failure" | "ignored";
  /** What the scanners found in what came back. */
  readonly scanned: readonly Scanned[];
}

export interface Succeeded extends Spending {
  readonly kind: "succeeded";
  /** Raw: never stored, never logged. */
  readonly output: JsonObject;
  /** SHA-256 of the raw output's canonical text, for the receipt; null for READ, which has none. */
  readonly outputSha256: string | null;
  readonly stored: Storable;
  readonly proof: EffectProof | null;
  /** Redacted. */
  readonly entities: readonly EntityChange[];
}

export interface Failed extends Spending {
  readonly kind: "failed";
  readonly code: string;
  /** Redacted. */
  readonly message: string;
  readonly effect: "none" | "unknown";
  readonly retryAfterMs: number | null;
  /** The provider's proof where the effect is known and only its description is not usable. */
  readonly proof: EffectProof | null;
}

/** What the caller provides; the rest of a handler's context is made here. */
export interface PerformPorts {
  readonly clock: Clock;
  /** Stops when the run is cancelled or its lease is lost. */
  readonly cancelled: Stop;
  readonly egress: Pick<EgressOptions, "mode" | "sandboxOrigins" | "fetch" | "resolve">;
  /** Secret of the tenant, for stubs of rejected documents. */
  readonly salt: Uint8Array;
  readonly context: Pick<CallContext, "credential" | "entity" | "open"> & {
    /** What the call inside spends is the outer attempt's. */
    readonly invoke: (
      ...asked: [...Parameters<CallContext["invoke"]>, spends: CallContext["usage"]]
    ) => Promise<ToolOutcome>;
  };
}

/** Runs the handler of an admitted call whose claims are committed. Never rejects for what a handler does. */
export async function perform(call: AdmittedCall, request: CallRequest, ports: PerformPorts): Promise<Performed> {
  const attempt = attemptOf(call, request, ports);
  const ended = await attempt.run((context) => call.tool.handler(call.input, context));
  return ended.kind === "answered" ? classified(ended.value, attempt) : unanswered(ended, attempt);
}

/** What a look-up found: the effect with its result, its proven absence, or nothing certain. */
export type LookedUp = Performed | { readonly kind: "absent"; readonly usage: readonly Usage[] };

/** Asks the provider what became of an earlier attempt. Not before the recovery's `notBefore`. */
export async function lookUp(call: AdmittedCall, request: CallRequest, ports: PerformPorts): Promise<LookedUp> {
  const { lookup } = call.tool;
  const attempt = attemptOf(call, request, ports);
  if (lookup === undefined)
    return failed(attempt, { code: "EFFECT_UNKNOWN", message: "the tool has no look-up", effect: "unknown" });
  const ended = await attempt.run((context) => lookup(call.input, context));
  if (ended.kind !== "answered") return { ...unanswered(ended, attempt), effect: "unknown" };
  return lookupResult(ended.value, attempt);
}

function lookupResult(outcome: LookupOutcome, attempt: Attempt): LookedUp {
  const problem = outcomeProblem(outcome, LOOKUP_OUTCOMES);
  if (problem !== undefined) return failed(attempt, { code: "EFFECT_UNKNOWN", message: problem, effect: "unknown" });
  switch (outcome.kind) {
    case "found":
      return succeeded(outcome.result, attempt);
    case "absent":
      return { kind: "absent", usage: attempt.usage };
    case "unclear":
      return failed(attempt, { code: "EFFECT_UNKNOWN", message: outcome.message, effect: "unknown" });
  }
}

/** One attempt in the making. */
interface Attempt {
  readonly tenantId: string;
  readonly call: AdmittedCall;
  readonly redaction: RedactionContext;
  readonly usage: Usage[];
  readonly hasSent: () => boolean;
  readonly run: <T>(handler: (context: CallContext) => Promise<T>) => Promise<Ended<T>>;
}

function attemptOf(call: AdmittedCall, request: CallRequest, ports: PerformPorts): Attempt {
  const { contract } = call.tool;
  const usage: Usage[] = [];
  let egress: Egress | undefined;
  return {
    tenantId: request.tenantId,
    call,
    usage,
    redaction: { entry_id: null, step_id: request.stepId, tool: contract.name, salt: ports.salt },
    hasSent: () => egress?.hasSent() ?? false,
    run: (handler) =>
      timed({ clock: ports.clock, timeoutMs: contract.timeout_seconds * 1000, cancelled: ports.cancelled }, (stop) => {
        // Opened once a handler reaches for it: many ask nobody.
        const way = () => {
          egress ??= egressOf(call, ports, stop);
          return egress;
        };
        return handler(contextOf({ call, request, ports, stop, way, usage }));
      }),
  };
}

const egressOf = ({ scope }: AdmittedCall, ports: PerformPorts, stop: Stop): Egress =>
  openEgress({
    mode: ports.egress.mode,
    sandboxOrigins: ports.egress.sandboxOrigins,
    fetch: ports.egress.fetch,
    resolve: ports.egress.resolve,
    allow: scope.network_allowlist,
    requestCapBytes: scope.data_cap_bytes,
    responseCapBytes: scope.data_cap_bytes,
    stop,
  });

interface ContextParts {
  readonly call: AdmittedCall;
  readonly request: CallRequest;
  readonly ports: PerformPorts;
  readonly stop: Stop;
  readonly way: () => Egress;
  readonly usage: Usage[];
}

/** Where a context keeps what its signal is made of. */
const STOP = Symbol("stop");

/**
 * A context's signal, made when a handler first asks for it: most answer before. One getter for all contexts: as a getter of the
 * literal, the engine kept each context's own until the next full collection, and with it the attempt and the state of its run.
 * With it a step took an eighth to a quarter more of a worker's time.
 */
const SIGNAL = {
  enumerable: true,
  get(this: { readonly [STOP]: Stop }): AbortSignal {
    return this[STOP].signal;
  },
};

/** Own, so that a handler may spread the context and still has its signal. */
const withSignal = (rest: Omit<CallContext, "signal"> & { readonly [STOP]: Stop }): CallContext =>
  Object.defineProperty<typeof rest & Partial<CallContext>>(rest, "signal", SIGNAL) as CallContext;

// Members one by one: spreading the ports into it took 12 microseconds, a tenth of all that we add to a call.
const contextOf = ({ call, request, ports, stop, way, usage }: ContextParts): CallContext =>
  withSignal({
    [STOP]: stop,
    credential: ports.context.credential,
    entity: ports.context.entity,
    open: ports.context.open,
    tenantId: request.tenantId,
    runId: request.runId,
    stepId: request.stepId,
    correlationId: request.correlationId,
    attempt: request.attempt,
    internalKey: call.internalKey,
    externalKey: call.externalKey,
    clock: ports.clock,
    runStartedAt: request.runStartedAt,
    fetch: (...asked) => way().fetch(...asked),
    usage: (spent) => {
      const problem = usageProblem(spent);
      if (problem !== undefined) throw new TypeError(problem); // into the handler, whose failure it is
      usage.push(spent);
    },
    invoke: async (tool, input) => {
      stop.signal.throwIfAborted(); // an abandoned handler starts nothing more
      return ports.context.invoke(tool, input, (spent) => usage.push(spent));
    },
  });

function classified(outcome: ToolOutcome, attempt: Attempt): Performed {
  const problem = outcomeProblem(outcome, TOOL_OUTCOMES);
  if (problem !== undefined) return failed(attempt, { code: "TOOL_ERROR", message: problem, effect: doubt(attempt) });
  switch (outcome.kind) {
    case "applied":
      return succeeded(outcome.result, attempt);
    case "rejected":
      return failed(attempt, { ...outcome, effect: "none", breaker: "success" });
    case "not_applied":
      return failed(attempt, { ...outcome, effect: "none" });
    case "unknown":
      return failed(attempt, { ...outcome, effect: doubt(attempt) });
  }
}

function succeeded(result: ToolResult, attempt: Attempt): Performed {
  const { tool, scope } = attempt.call;
  const problem = proofProblem(result.proof ?? null) ?? entitiesProblem(result.entities ?? []);
  const proof = (problem === undefined && result.proof) || null;
  const unusable = (code: string, message: string): Failed =>
    failed(attempt, { code, message, effect: doubt(attempt), breaker: "success", proof });
  if (problem !== undefined) return unusable("OUTPUT_SCHEMA_INVALID", problem);
  if (tool.contract.side_effect_level === "FINANCIAL" && proof?.amount === undefined)
    return unusable("OUTPUT_SCHEMA_INVALID", "the proof of a FINANCIAL tool names no amount");
  const valid = tool.validateOutput(result.output);
  if (!valid.ok)
    return unusable("OUTPUT_SCHEMA_INVALID", `${valid.refusal.message} at \`${valid.refusal.field_path}\``);
  const foreign = (result.entities ?? []).find(({ entityId }) => !carriesPrefix(attempt.tenantId, entityId));
  if (foreign !== undefined) return unusable("CROSS_TENANT_DENIED", "the handler changed an entity of another tenant");
  const text = recordable(result.output);
  if (!text.ok) return unusable("OUTPUT_SCHEMA_INVALID", text.refusal.message);
  if (scope.data_cap_bytes !== null && Buffer.byteLength(text.value) > scope.data_cap_bytes)
    return unusable("DATA_CAP_EXCEEDED", `the output is larger than the scope's cap of ${scope.data_cap_bytes} bytes`);
  const stored = storable(result.output, tool.outputRules, attempt.redaction);
  const entities = (result.entities ?? []).map((change) => ({
    change,
    kept: storableEntity(change.set, attempt.redaction),
  }));
  return {
    kind: "succeeded",
    output: result.output,
    outputSha256: attempt.call.intent === null ? null : sha256Hex(text.value),
    stored,
    proof,
    entities: entities.map(({ change, kept }) => ({ ...change, set: kept.state })),
    usage: [...attempt.usage],
    breaker: breakerOf(attempt, "success"),
    scanned: [
      { part: "output", findings: stored.findings },
      ...entities.map(({ kept }): Scanned => ({ part: "entity", findings: kept.findings })),
    ],
  };
}

function unanswered(ended: Exclude<Ended<unknown>, { kind: "answered" }>, attempt: Attempt): Failed {
  if (ended.kind === "threw") return thrown(ended.error, attempt);
  const effect = doubt(attempt);
  const { timeout_seconds } = attempt.call.tool.contract;
  return ended.why === "timeout"
    ? failed(attempt, { code: "TOOL_TIMEOUT", message: `no answer within ${timeout_seconds} s`, effect })
    : failed(attempt, { code: "RUN_CANCELLED", message: "the call was stopped", effect, breaker: "ignored" });
}

function thrown(error: unknown, attempt: Attempt): Failed {
  const isProvablyUnsent = !attempt.hasSent();
  if (error instanceof EgressRefused) {
    const effect = isProvablyUnsent ? "none" : doubt(attempt);
    return failed(attempt, { code: error.refusal.code, message: error.message, effect, breaker: "ignored" });
  }
  const message = error instanceof Error ? error.message : "the handler threw no error";
  if (error instanceof ConnectionFailed)
    return failed(attempt, { code: "TOOL_ERROR", message, effect: isProvablyUnsent ? "none" : doubt(attempt) });
  return failed(attempt, { code: "TOOL_ERROR", message, effect: doubt(attempt), breaker: "ignored" }); // X2
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly effect: Failed["effect"];
  readonly breaker?: Spending["breaker"];
  readonly retryAfterMs?: number;
  readonly proof?: EffectProof | null;
}

function failed(attempt: Attempt, failure: Failure): Failed {
  const { code, effect, breaker = "failure", retryAfterMs, proof = null } = failure;
  const { message, findings } = cleanMessage(failure.message, attempt.redaction);
  return {
    kind: "failed",
    code,
    message,
    effect,
    retryAfterMs: usableDelay(retryAfterMs),
    proof,
    usage: [...attempt.usage],
    breaker: breakerOf(attempt, breaker),
    scanned: [{ part: "error", findings }],
  };
}

// Error texts of providers quote what was sent, and may hold what no document can; a thrown thing's message may be no text.
function cleanMessage(message: unknown, context: RedactionContext) {
  const redacted = redact(typeof message === "string" ? keepable(message) : "", SCAN_ONLY, context);
  const { findings } = redacted;
  if (redacted.kind === "rejected") return { message: `[REDACTED:${redacted.stub.reason}]`, findings };
  return { message: typeof redacted.value === "string" ? redacted.value : "", findings };
}

const doubt = ({ call }: Attempt): Failed["effect"] =>
  call.tool.contract.side_effect_level === "READ" ? "none" : "unknown";

const breakerOf = ({ call }: Attempt, outcome: Spending["breaker"]): Spending["breaker"] =>
  call.breaker === null ? "ignored" : outcome;
