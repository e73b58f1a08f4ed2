import { formatInstant, type Instant, type Json, type JsonObject } from "../contracts/index.ts";
import type { BreakerRecord, Claim, IdempotencyRecord, Receipt } from "../guard/index.ts";
import type { CommitExtras, Intent } from "./commit.ts";

/** The wire rows of a commit, as `write_extras` read them. */

export const settleRow = (record: IdempotencyRecord): JsonObject => ({
  internal_key: record.internal_key,
  generation: record.generation,
  status: record.status,
  result: record.result === null ? null : JSON.stringify(record.result),
  receipt_id: record.receipt_id,
});

export const receiptRow = ({ status: _status, ...receipt }: Receipt): JsonObject => ({
  ...receipt,
  amount_minor: receipt.amount_minor === null ? null : receipt.amount_minor.toString(),
  created_at: formatInstant(receipt.created_at),
  confirm_by: formatInstant(receipt.confirm_by),
});

export const receiptEventRow = (receipt: Receipt, at: Instant): JsonObject => ({
  receipt_id: receipt.receipt_id,
  status: receipt.status,
  at: formatInstant(at),
  source: "worker",
  detail: null,
});

export const breakerRow = (breaker: BreakerRecord, readRevision: number): JsonObject => ({
  breaker_id: breaker.breaker_id,
  state: breaker.state,
  failure_times: breaker.failure_times.map(Number),
  success_count: breaker.success_count,
  probe_count: breaker.probe_count,
  opened_at: breaker.opened_at === null ? null : formatInstant(breaker.opened_at),
  expires_at: formatInstant(breaker.expires_at),
  revision: readRevision,
});

/** The claims of one call as its intent; `read` is the record that the guards saw, which an `own` reservation must still find. */
export function intentOf(claims: readonly Claim[], controlRevision: number, read: IdempotencyRecord | null): Intent {
  let intent: Intent = { control_revision: controlRevision };
  for (const claim of claims) intent = { ...intent, ...claimed(claim, read) };
  return intent;
}

function claimed(claim: Claim, read: IdempotencyRecord | null): Partial<Intent> {
  switch (claim.kind) {
    case "rate":
      return { rate: { tool: claim.tool, limit: claim.limit } };
    case "reservation":
      return { reservation: reservationRow(claim, read) };
    case "approval":
      return { approval_id: claim.approvalId };
    case "probe":
      return { probe: breakerRow(claim.breaker, claim.from) };
  }
}

const reservationRow = (
  claim: Extract<Claim, { kind: "reservation" }>,
  read: IdempotencyRecord | null,
): JsonObject => ({
  takes: claim.takes,
  internal_key: claim.record.internal_key,
  generation: claim.record.generation,
  params_sha256: claim.record.params_sha256,
  external_key: claim.record.external_key,
  step_id: claim.record.step_id,
  read_status: read?.status ?? null,
  read_heartbeat_ms: read === null ? null : Number(read.heartbeat_at),
});

/** No rows. */
export const NOTHING: CommitExtras = Object.freeze({});

function isEmpty(extras: CommitExtras): boolean {
  for (const _ in extras) return false;
  return true;
}

/** Two sets of rows as one; lists are joined, an intent stands alone. */
export function joinExtras(left: CommitExtras, right: CommitExtras): CommitExtras {
  if (isEmpty(right)) return left;
  if (isEmpty(left)) return right;
  const joined: { [name: string]: unknown } = { ...left };
  for (const [name, rows] of Object.entries(right)) {
    const before = joined[name];
    joined[name] = Array.isArray(before) && Array.isArray(rows) ? [...before, ...rows] : rows;
  }
  return joined;
}

/** Every text in a document, for finding the entities that a call is about. */
export function textsOf(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
