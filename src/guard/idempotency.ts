import { after, assert, type Instant } from "../contracts/index.ts";
import type { CallFacts, CallRequest, Claim, IdempotencyRecord } from "./call.ts";
import { externalKeyOf } from "./key.ts";
import type { ResolvedCall } from "./resolve.ts";

/*
 * Stage 8: what an earlier call under the same key means for this one (commerce-kernel 10.2, 10.3).
 *
 * K1  Only a COMPLETED record ages out, 24 h after it was first seen; the next call is a new generation.
 * K2  An open or UNKNOWN record keeps its generation, keys and receipt for ever; nothing is executed blindly beside it.
 * K3  The same external key is sent again only while the provider still honours it.
 * K4  A negative look-up proves nothing before `settle_ms` after the last sign of life.
 * K5  Different parameters under one key never share an effect: they are reported, not executed.
 * K6  A receipt is of one effect: where a person has denied the effect of one, the call is made under the next generation.
 */

/** A COMPLETED result answers for this long; at exactly 24 h it no longer does. */
export const REUSE_WINDOW_MS = 24 * 3_600_000;
const MS_PER_HOUR = 3_600_000;

/** A reservation without a sign of life for this many tool time-outs is taken for dead. */
const DEAD_AFTER_TIMEOUTS = 2;

export type IdempotencyDecision =
  | { readonly kind: "none"; readonly rule: string }
  | { readonly kind: "reserve"; readonly rule: string; readonly record: IdempotencyRecord; readonly takes: Takes }
  | { readonly kind: "reuse"; readonly rule: string; readonly record: IdempotencyRecord; readonly collision: boolean }
  | { readonly kind: "busy"; readonly rule: string; readonly record: IdempotencyRecord }
  | {
      readonly kind: "recover";
      readonly rule: string;
      readonly record: IdempotencyRecord;
      readonly how: "same_key" | "lookup" | "person";
      readonly notBefore: Instant;
      readonly claims: readonly Claim[];
    };

type Takes = Extract<Claim, { kind: "reservation" }>["takes"];

/** What to do about an earlier record of the call's key; `none` for READ, which is never deduplicated. */
export function idempotencyDecision(call: ResolvedCall, request: CallRequest, facts: CallFacts): IdempotencyDecision {
  const { record, now } = facts;
  if (call.internalKey === null) return { kind: "none", rule: "READ is not deduplicated" };
  if (record === null) return reserve(call, request, facts, { generation: 0, takes: "new" });
  assert(record.internal_key === call.internalKey, "the record found is of the call's key");
  switch (record.status) {
    case "COMPLETED":
      return now - record.first_seen_at < REUSE_WINDOW_MS
        ? { kind: "reuse", rule: "done before", record, collision: record.params_sha256 !== call.paramsSha256 }
        : reserve(call, request, facts, { generation: record.generation + 1, takes: "new" }); // K1
    case "FAILED_NO_EFFECT":
      return record.receipt_id === null
        ? reserve(call, request, facts, { generation: record.generation, takes: "released" })
        : reserve(call, request, facts, { generation: record.generation + 1, takes: "new" }); // K6
    case "IN_PROGRESS":
      return isAlive(record, call, request, now)
        ? { kind: "busy", rule: "an identical call is in progress", record }
        : recover(call, request, facts, record);
    case "UNKNOWN":
      return recover(call, request, facts, record);
  }
}

/** Whether an open record is of this very step: its own earlier attempt, whatever became of the worker. */
export const isOwnRecord = (record: IdempotencyRecord, request: CallRequest): boolean =>
  record.run_id === request.runId && record.step_id === request.stepId;

// A step makes one call at a time, so its own open record is of an attempt that died.
function isAlive(record: IdempotencyRecord, call: ResolvedCall, request: CallRequest, now: Instant): boolean {
  const deadAfterMs = DEAD_AFTER_TIMEOUTS * call.tool.contract.timeout_seconds * 1000;
  return !isOwnRecord(record, request) && now - record.heartbeat_at < deadAfterMs;
}

interface Place {
  readonly generation: number;
  readonly takes: Takes;
}

function reserve(call: ResolvedCall, request: CallRequest, facts: CallFacts, place: Place): IdempotencyDecision {
  const record = reservation(call, request, facts, { generation: place.generation, first_seen_at: facts.now });
  return { kind: "reserve", rule: `reserves generation ${place.generation}`, record, takes: place.takes };
}

function reservation(
  call: ResolvedCall,
  request: CallRequest,
  facts: CallFacts,
  keeps: Pick<IdempotencyRecord, "generation" | "first_seen_at">,
): IdempotencyRecord {
  assert(call.internalKey !== null, "only calls with a key reserve it");
  const { contract, externalKeyPrefix } = call.tool;
  return {
    internal_key: call.internalKey,
    generation: keeps.generation,
    status: "IN_PROGRESS",
    params_sha256: call.paramsSha256,
    external_key: externalKeyOf(contract, externalKeyPrefix, {
      internalKey: call.internalKey,
      generation: keeps.generation,
    }),
    run_id: request.runId,
    step_id: request.stepId,
    epoch: facts.epoch,
    first_seen_at: keeps.first_seen_at,
    heartbeat_at: facts.now,
    result: null,
    receipt_id: null,
  };
}

function recover(
  call: ResolvedCall,
  request: CallRequest,
  facts: CallFacts,
  record: IdempotencyRecord,
): IdempotencyDecision {
  const { contract, lookup } = call.tool;
  const { external_key, receipt_id } = record;
  const taken = { ...reservation(call, request, facts, record), external_key, receipt_id }; // K2
  const claims: readonly Claim[] = [{ kind: "reservation", record: taken, takes: "own" }];
  const person = (rule: string): IdempotencyDecision => ({
    kind: "recover",
    rule,
    record,
    how: "person",
    notBefore: facts.now,
    claims: [],
  });
  if (record.params_sha256 !== call.paramsSha256) return person("an open effect under this key had other parameters"); // K5
  if (record.external_key !== null && facts.now < sameKeyUntil(record, contract.key_reuse_window_hours))
    // K3
    return {
      kind: "recover",
      rule: "the same key again",
      record: taken,
      how: "same_key",
      notBefore: facts.now,
      claims,
    };
  if (lookup !== undefined)
    return {
      kind: "recover",
      rule: "a look-up decides",
      record: taken,
      how: "lookup",
      notBefore: settledAt(call, record),
      claims,
    };
  if (contract.duplicates_harmless)
    return { kind: "reserve", rule: "doing it twice is harmless", record: taken, takes: "own" };
  return person("neither key nor look-up can tell whether it happened");
}

const sameKeyUntil = (record: IdempotencyRecord, windowHours: number): Instant =>
  after(record.first_seen_at, windowHours * MS_PER_HOUR);

const settledAt = (call: ResolvedCall, record: IdempotencyRecord): Instant =>
  after(record.heartbeat_at, call.tool.contract.settle_ms); // K4
