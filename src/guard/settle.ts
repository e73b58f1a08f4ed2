import {
  after,
  assert,
  canonicalText,
  formatInstant,
  type Instant,
  type Json,
  type JsonObject,
} from "../contracts/index.ts";
import { type Finding, type RedactionContext, redact } from "../ledger/index.ts";
import type { AdmittedCall, CallRequest, IdempotencyRecord, RefusedCall, Stage, StageRecord } from "./call.ts";
import { type CallNote, collisionNote, scannerNotes } from "./note.ts";
import type { Failed, Performed, Succeeded } from "./perform.ts";
import { rejectedStub } from "./storable.ts";
import type { EffectProof, EntityChange, Usage } from "./tool.ts";

/*
 * Stages 14 to 16 as data: what has to become true together once an attempt ended.
 *
 * T1  A COMPLETED record has a result and a receipt; no other record has a result.
 * T2  An effect has one receipt for ever: the attempt that completes a recovered intent writes it, or the one after which
 *     only a person can tell. Until then the open record itself is the mark.
 * T3  Everything here was redacted before it came here, or is redacted here.
 */

/** Proof of a side effect, as the `receipt` table has it, with the first status of its history. */
export interface Receipt {
  readonly receipt_id: string;
  readonly tool_name: string;
  readonly tool_version: string;
  readonly internal_key: string;
  readonly generation: number;
  readonly execution_id: string;
  readonly step_id: string;
  readonly correlation_id: string;
  readonly epoch: number;
  readonly external_key: string | null;
  readonly external_provider: string | null;
  readonly external_transaction_id: string | null;
  readonly provider_request_id: string | null;
  /** With `currency` null only where no money was moved, or nobody knows whether it was. */
  readonly amount_minor: bigint | null;
  readonly currency: string | null;
  /** Canonical text of the redacted result; `null` where no usable result is known. */
  readonly result: string;
  /** Digest of the full result, before redaction. */
  readonly result_sha256: string;
  readonly created_at: Instant;
  /** A claimed receipt that nobody confirmed by then counts as unknown. */
  readonly confirm_by: Instant;
  readonly status: "claimed" | "unknown";
}

/** What one attempt leaves behind; committed in one transaction with the step's event. */
export interface Settlement {
  /** Redacted trace of the call, for the step's event. */
  readonly trace: JsonObject;
  /** Output for the run document; null unless the call succeeded. */
  readonly output: JsonObject | null;
  /** The intent as it stands now; null for READ. */
  readonly record: IdempotencyRecord | null;
  readonly receipt: Receipt | null;
  readonly entities: readonly EntityChange[];
  /** What somebody must hear of: what the scanners found, and a key that stands for two requests. */
  readonly notes: readonly CallNote[];
  readonly tokens: number;
  readonly costMicros: number;
}

/** What the caller knows about an attempt. */
export interface SettleContext {
  readonly request: CallRequest;
  readonly startedAt: Instant;
  readonly now: Instant;
  /** Made before, so that a repeated commit writes the same row; null where there can be no receipt. */
  readonly receiptId: string | null;
  readonly salt: Uint8Array;
}

/** What an attempt that ran leaves behind. */
export function settle(call: AdmittedCall, performed: Performed, context: SettleContext): Settlement {
  return performed.kind === "succeeded"
    ? settleSuccess(call, performed, context)
    : settleFailure(call, performed, context);
}

function settleSuccess(call: AdmittedCall, performed: Succeeded, context: SettleContext): Settlement {
  const { stored, entities, usage } = performed;
  const receipt =
    call.intent === null
      ? null
      : receiptOf(call.intent, call, context, {
          proof: performed.proof,
          result: canonicalText(stored.state),
          resultSha256: digestOfOutput(performed),
          status: "claimed",
        });
  const record =
    call.intent === null || receipt === null ? null : completed(call.intent, stored.state, receipt, context.now);
  // A step's patch of the document holds the same output, unless the trace shows less of it.
  const isPatched = stored.trace === stored.state && context.request.purpose !== "compensation";
  const input = tracedInput(call, context);
  const trace = traceOf(call, context, {
    outcome: "succeeded",
    input: input.value,
    receiptId: receipt?.receipt_id ?? null,
    usage,
    more: { ...(isPatched ? NO_MORE : { output: stored.trace }), ...found(stored.findings) },
  });
  const notes = notesOf(context, input, performed);
  return { trace, output: stored.state, record, receipt, entities, notes, ...totals(usage) };
}

function digestOfOutput({ outputSha256 }: Succeeded): string {
  assert(outputSha256 !== null, "the output of a call with an intent has a digest");
  return outputSha256;
}

function completed(intent: IdempotencyRecord, result: JsonObject, receipt: Receipt, now: Instant): IdempotencyRecord {
  assert(receipt.internal_key === intent.internal_key, "a receipt is of its own intent");
  return { ...intent, status: "COMPLETED", heartbeat_at: now, result, receipt_id: receipt.receipt_id }; // T1
}

function settleFailure(call: AdmittedCall, performed: Failed, context: SettleContext): Settlement {
  const { code, message, effect, usage } = performed;
  const receipt =
    effect === "unknown" && call.intent !== null && !canBeFoundOut(call)
      ? unknownReceipt(call.intent, call, context, performed.proof)
      : null; // T2
  const status = effect === "unknown" ? "UNKNOWN" : "FAILED_NO_EFFECT";
  const record =
    call.intent === null
      ? null
      : ({ ...call.intent, status, heartbeat_at: context.now, receipt_id: receipt?.receipt_id ?? null } as const);
  const input = tracedInput(call, context);
  const trace = traceOf(call, context, {
    outcome: "failed",
    input: input.value,
    receiptId: receipt?.receipt_id ?? null,
    usage,
    more: { code, message, effect },
  });
  const notes = notesOf(context, input, performed);
  return { trace, output: null, record, receipt, entities: [], notes, ...totals(usage) };
}

const notesOf = (
  { request }: SettleContext,
  { findings }: TracedInput,
  { scanned }: Pick<Performed, "scanned">,
): readonly CallNote[] => scannerNotes(request, [{ part: "input", findings }, ...scanned]);

/** Whether a later attempt can settle an unknown outcome without a person. */
const canBeFoundOut = ({ tool, intent }: AdmittedCall): boolean =>
  intent?.external_key != null || tool.lookup !== undefined || tool.contract.duplicates_harmless;

/** The receipt of an effect that only a person can settle. Status changes follow as rows of its history. */
export const unknownReceipt = (
  intent: IdempotencyRecord,
  call: AdmittedCall,
  context: SettleContext,
  proof: EffectProof | null = null,
): Receipt => receiptOf(intent, call, context, { proof, result: "null", resultSha256: NULL_SHA256, status: "unknown" });

/** SHA-256 of the text `null`. */
const NULL_SHA256 = "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b";

interface ReceiptFacts {
  readonly proof: EffectProof | null;
  readonly result: string;
  readonly resultSha256: string;
  readonly status: Receipt["status"];
}

function receiptOf(
  intent: IdempotencyRecord,
  call: AdmittedCall,
  context: SettleContext,
  facts: ReceiptFacts,
): Receipt {
  const { contract } = call.tool;
  const { request, now } = context;
  const { proof } = facts;
  const receiptId = intent.receipt_id ?? context.receiptId;
  assert(receiptId !== null, "a receipt has an id before it is made");
  return {
    receipt_id: receiptId,
    tool_name: contract.name,
    tool_version: contract.version,
    internal_key: intent.internal_key,
    generation: intent.generation,
    execution_id: request.runId,
    step_id: request.stepId,
    correlation_id: request.correlationId,
    epoch: intent.epoch,
    external_key: intent.external_key,
    external_provider: proof?.provider ?? contract.dependency,
    external_transaction_id: proof?.transactionId ?? null,
    provider_request_id: proof?.requestId ?? null,
    amount_minor: proof?.amount?.minor ?? null,
    currency: proof?.amount?.currency ?? null,
    result: facts.result,
    result_sha256: facts.resultSha256,
    created_at: now,
    confirm_by: after(now, contract.confirm_within_seconds * 1000),
    status: facts.status,
  };
}

/** What a duplicate leaves behind: the stored result and the earlier receipt, nothing new. */
export function settleReused(call: AdmittedCall, record: IdempotencyRecord, context: SettleContext): Settlement {
  assert(record.status === "COMPLETED" && record.result !== null, "only a completed call is reused"); // T1
  const isCollision = record.params_sha256 !== call.paramsSha256;
  const code = isCollision ? "IDEMPOTENCY_COLLISION" : "IDEMPOTENT_REPLAY";
  const input = tracedInput(call, context);
  const trace = traceOf(call, context, {
    outcome: "reused",
    input: input.value,
    receiptId: record.receipt_id,
    usage: [],
    more: { code, output: record.result },
  });
  const found = notesOf(context, input, NOTHING_SCANNED);
  return {
    trace,
    output: record.result,
    record: null,
    receipt: null,
    entities: [],
    notes: isCollision ? [collisionNote(context.request, record), ...found] : found,
    tokens: 0,
    costMicros: 0,
  };
}

/** A stored result was scanned when it was stored. */
const NOTHING_SCANNED: Pick<Performed, "scanned"> = { scanned: [] };

/**
 * Trace of a call that no handler saw: the refusal with its place and evidence, such as the calls that repeat in a loop.
 * Arguments that did not pass their schema are not traced.
 */
export function refusedTrace(request: CallRequest, { refusal, stages }: RefusedCall): JsonObject {
  const { code, message, field_path, schema_path, details } = refusal;
  return {
    tool: request.tool,
    version: request.version,
    attempt: request.attempt,
    purpose: request.purpose,
    outcome: "refused",
    code,
    message,
    authority: authorityOf(stages),
    ...(field_path === undefined ? {} : { field_path }),
    ...(schema_path === undefined ? {} : { schema_path }),
    ...(details === undefined ? {} : { details }),
  };
}

interface TraceEnd {
  readonly outcome: "succeeded" | "failed" | "reused";
  readonly input: Json;
  readonly receiptId: string | null;
  readonly usage: readonly Usage[];
  readonly more: JsonObject;
}

/** Members stand in the order in which the ledger writes them: it would sort them otherwise, for every event. */
function traceOf(
  call: AdmittedCall,
  context: SettleContext,
  { outcome, input, receiptId, usage, more }: TraceEnd,
): JsonObject {
  const { contract } = call.tool;
  const { request, startedAt, now } = context;
  const trace: JsonObject = {
    attempt: request.attempt,
    authority: authorityOf(call.stages),
    cost_micros: totals(usage).costMicros,
    external_key: call.externalKey,
    input,
    internal_key: call.internalKey,
    latency_ms: now - startedAt,
    operation: contract.operation,
    outcome,
    purpose: request.purpose,
    receipt_id: receiptId,
    started_at: formatInstant(startedAt),
    tool: contract.name,
    version: contract.version,
  };
  const rest = usage.length === 0 ? more : { ...more, ...spent(usage) };
  return hasMembers(rest) ? { ...trace, ...rest } : trace;
}

const NO_MORE: JsonObject = {};

function hasMembers(value: JsonObject): boolean {
  for (const _ in value) return true;
  return false;
}

/** The arguments as people and traces may see them, a stub where they held what must not be stored; and what was found in them. */
export interface TracedInput {
  readonly value: Json;
  readonly findings: readonly Finding[];
}

export function tracedInput(
  call: Pick<AdmittedCall, "tool" | "input">,
  { request, salt }: { readonly request: Pick<CallRequest, "stepId">; readonly salt: Uint8Array },
): TracedInput {
  const context: RedactionContext = { entry_id: null, step_id: request.stepId, tool: call.tool.contract.name, salt };
  const redacted = redact(call.input, call.tool.inputRules.trace, context);
  const value = redacted.kind === "clean" ? redacted.value : rejectedStub(redacted.stub);
  return { value, findings: redacted.findings };
}

/** Stages whose rule differs from call to call; what the others say is the same for all that pass. */
const TELLING: ReadonlySet<Stage> = new Set([
  "permission",
  "rate_limit",
  "idempotency",
  "approval",
  "reservation",
  "breaker",
]);

/**
 * What let the call through, or did not: the stages passed, in order, and the rules that say more than their stage does. A
 * stage that is not named was skipped. Written out in full, the rules were half of every event.
 */
function authorityOf(stages: readonly StageRecord[]): JsonObject {
  const rules: { [stage: string]: string } = {};
  const passed: Stage[] = [];
  for (const { stage, verdict, rule } of stages) {
    if (verdict === "passed") passed.push(stage);
    if (verdict === "refused" || (verdict === "passed" && TELLING.has(stage))) rules[stage] = rule;
  }
  return { passed: passed.join(" "), rules };
}

const NOTHING_USED = { tokens: 0, costMicros: 0 } as const;

const totals = (usage: readonly Usage[]): { readonly tokens: number; readonly costMicros: number } =>
  usage.length === 0
    ? NOTHING_USED
    : {
        tokens: usage.reduce((sum, spent) => sum + spent.tokens, 0),
        costMicros: usage.reduce((sum, spent) => sum + spent.costMicros, 0),
      };

/** What the scanners found, for the review of the contract's annotations; left out where they found nothing. */
const found = (findings: readonly Finding[]): JsonObject =>
  findings.length === 0 ? NO_MORE : { findings: findings.map((finding) => ({ ...finding })) };

/** Tokens and cost by model. */
const spent = (usage: readonly Usage[]): JsonObject => ({
  tokens: totals(usage).tokens,
  usage: usage.map(({ model, tokens, costMicros }) => ({ model, tokens, cost_micros: costMicros })),
});
