import { assert, type Instant, instant, type JsonObject } from "../../contracts/index.ts";
import type { CallFacts, CallRequest, IdempotencyRecord } from "../call.ts";
import { type DeclaredContract, defineTool } from "../define-tool.ts";
import { createRegistry, type RegisteredTool } from "../registry.ts";
import { type ResolvedCall, resolveCall } from "../resolve.ts";
import type { EffectProof, ToolHandler, ToolLookup, ToolOutcome } from "../tool.ts";

/** Made-up calls for the tests of this context: a refund at a payment provider, all facts in its favour. */
export const NOON: Instant = instant(Date.UTC(2026, 0, 30, 12));

const REFUND_INPUT: JsonObject = {
  type: "object",
  required: ["order_id", "amount_cents", "currency"],
  properties: {
    order_id: { type: "string", "x-countermark": "entity_id" },
    amount_cents: { type: "integer", minimum: 1, maximum: 1_000_000 },
    currency: { type: "string", pattern: "^[A-Z]{3}$" },
    note: { type: "string" },
  },
};

const REFUND_OUTPUT: JsonObject = {
  type: "object",
  required: ["refund_id"],
  properties: { refund_id: { type: "string" }, note: { type: "string" } },
};

export const REFUND: DeclaredContract = {
  name: "executeRefund",
  version: "1.0.0",
  side_effect_level: "FINANCIAL",
  input_schema: REFUND_INPUT,
  output_schema: REFUND_OUTPUT,
  timeout_seconds: 10,
  dependency: "stripe",
  external_idempotency_header: "Idempotency-Key",
};

export const VALID_INPUT: JsonObject = { order_id: "shop_abc_ord_1", amount_cents: 4500, currency: "USD" };

/** What the provider says of a refund that it made. */
export const PROOF: EffectProof = {
  provider: "stripe",
  transactionId: "re_1",
  requestId: "req_1",
  amount: { minor: 4500n, currency: "USD" },
};

export const refunded = (output: JsonObject = { refund_id: "re_1" }): ToolOutcome => ({
  kind: "applied",
  result: { output, proof: PROOF },
});

const applies: ToolHandler = async () => refunded();

export function registered(
  changes: Partial<DeclaredContract> = {},
  handler: ToolHandler = applies,
  lookup?: ToolLookup,
): RegisteredTool {
  const result = createRegistry().register(defineTool({ ...REFUND, ...changes }, handler, lookup));
  assert(result.ok, result.ok ? "registered" : result.refusal.message);
  return result.value;
}

export const requestOf = (changes: Partial<CallRequest> = {}): CallRequest => ({
  tenantId: "shop_abc",
  principalId: "agent-7",
  runId: "run-1",
  correlationId: "correlation-1",
  stepId: "refund",
  attempt: 1,
  purpose: "step",
  tool: REFUND.name,
  version: REFUND.version,
  input: { value: VALID_INPUT },
  approvalAsked: null,
  document: { order: { amount: 450 } },
  runStartedAt: NOON,
  ...changes,
});

export function resolvedOf(tool: RegisteredTool, request: CallRequest = requestOf()): ResolvedCall {
  const resolution = resolveCall(request, tool, null);
  assert(resolution.ok, resolution.ok ? "resolved" : resolution.admission.refusal.message);
  return resolution.resolved;
}

/** Facts under which the refund proceeds, its approval included. */
export const factsOf = (call: ResolvedCall, changes: Partial<CallFacts> = {}): CallFacts => ({
  now: NOON,
  mode: "sandbox",
  workerTier: "HARDENED",
  epoch: 3,
  scope: {
    tool_name: call.tool.contract.name,
    allowed_operations: [call.tool.contract.operation],
    principals: [],
    data_cap_bytes: null,
    network_allowlist: ["api.stripe.com"],
  },
  rule: {
    trigger: call.tool.contract.name,
    condition: null,
    timeout_seconds: 3600,
    timeout_action: "FAIL",
    approval_channel: "#test-approvals",
    required_approvers: 1,
    escalation_chain: [],
    authorized_approvers: ["ann"],
  },
  revoked: false,
  dependencyOrigin: "http://127.0.0.1:4010",
  sandboxOrigins: ["http://127.0.0.1:4010"],
  bounds: {
    max_steps_per_run: 50,
    max_time_seconds: 300,
    max_tokens_per_run: 50_000,
    max_tool_calls_per_run: 100,
    max_tool_calls_per_type: {},
    loop: { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} },
  },
  counters: { steps: 1, tool_calls: 0, tool_calls_per_type: {}, tokens: 0, active_ms: 0 },
  recentCalls: [],
  rateHits: [],
  record: null,
  approval: {
    approval_id: "approval-1",
    attempt: 1,
    status: "APPROVED",
    params_fingerprint: call.fingerprint,
    consumed: false,
  },
  hold: null,
  breaker: null,
  ...changes,
});

/** The record of an earlier attempt of the call, of this very step. */
export function recordOf(call: ResolvedCall, changes: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  assert(call.internalKey !== null, "only calls with a key have records");
  return {
    internal_key: call.internalKey,
    generation: 0,
    status: "IN_PROGRESS",
    params_sha256: call.paramsSha256,
    external_key: `autobiz:${"0".repeat(32)}`,
    run_id: "run-1",
    step_id: "refund",
    epoch: 2,
    first_seen_at: NOON,
    heartbeat_at: NOON,
    result: null,
    receipt_id: null,
    ...changes,
  };
}
