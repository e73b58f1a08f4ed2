import { type JsonObject, sha256Hex } from "../../src/contracts/index.ts";
import type { Intent } from "../../src/worker/index.ts";

/** Rows that ride in a commit, in the wire names of their tables. Times are fixed: these statements do not judge by them. */
const AT = "2026-01-01T00:00:00.000Z";

export const receiptRow = (receiptId: string, changes: JsonObject = {}): JsonObject => ({
  receipt_id: receiptId,
  tool_name: "charge",
  tool_version: "1.0.0",
  internal_key: `key-${receiptId}`,
  generation: 0,
  step_id: "s",
  correlation_id: "c",
  external_key: null,
  external_provider: "stripe",
  external_transaction_id: `tx-${receiptId}`,
  provider_request_id: null,
  amount_minor: "900",
  currency: "EUR",
  result: "{}",
  result_sha256: "h",
  created_at: AT,
  confirm_by: AT,
  ...changes,
});

export const receiptEventRow = (receiptId: string, status: string): JsonObject => ({
  receipt_id: receiptId,
  status,
  at: AT,
  source: "worker",
  detail: null,
});

export const entityRow = (entityId: string, version: number, changes: JsonObject = {}): JsonObject => ({
  entity_type: "order",
  entity_id: entityId,
  version,
  state: `{"version":${version}}`,
  state_sha256: `h${version}`,
  patch: "[]",
  members: `{"version":${version}}`,
  correlation_id: "c",
  step_id: "s",
  ...changes,
});

export const approvalRow = (approvalId: string, changes: JsonObject = {}): JsonObject => ({
  approval_id: approvalId,
  step_id: "s",
  attempt: 1,
  correlation_id: "c",
  tool_name: "charge",
  tool_version: "1.0.0",
  internal_key: `key-${approvalId}`,
  params_fingerprint: "f",
  preview_sha256: sha256Hex("{}"),
  preview: "{}",
  rule_id: "rule",
  reason: "why",
  requested_by: "ann",
  escalation_level: 0,
  required_approvers: 1,
  authorized_approvers: ["bob"],
  token_sha256: "t",
  base: "[]",
  created_at: AT,
  timeout_at: AT,
  ...changes,
});

export const breakerRow = (breakerId: string, revision: number, changes: JsonObject = {}): JsonObject => ({
  breaker_id: breakerId,
  state: "OPEN",
  failure_times: [1, 2, 3],
  success_count: 0,
  probe_count: 0,
  opened_at: AT,
  expires_at: AT,
  revision,
  ...changes,
});

export const reservationRow = (internalKey: string, changes: JsonObject = {}): JsonObject => ({
  takes: "new",
  internal_key: internalKey,
  generation: 0,
  params_sha256: "p",
  external_key: null,
  step_id: "s",
  read_status: null,
  read_heartbeat_ms: null,
  ...changes,
});

/** An intent on facts that have not changed since the tenant was added. */
export const intentOf = (claims: Omit<Intent, "control_revision">): Intent => ({ control_revision: 1, ...claims });
