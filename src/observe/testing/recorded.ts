import { type Instant, instant, type Json, sha256Hex } from "../../contracts/index.ts";
import type { StoredEvent } from "../../ledger/index.ts";
import { type RecordedEvent, recordedRunEvent } from "../../run/index.ts";

/** A run's stream as the ledger gives it back, written by hand. */

export const START = instant(Date.UTC(2026, 0, 30, 12));

/** So many milliseconds after the run began. */
export const at = (ms: number): Instant => instant(START + ms);

export const IDENTITY = {
  run_id: "run-1",
  tenant_id: "t1",
  workflow_id: "W",
  pack_id: "shop",
  pack_digest: "0".repeat(64),
  correlation_id: "correlation-1",
  principal_id: "olga",
  channel: "ci",
  started_at: START,
  seed: 7,
} as const;

export interface Recorded {
  readonly ms: number;
  readonly type: string;
  readonly step?: string;
  readonly payload?: Json;
  readonly epoch?: number;
  readonly severity?: StoredEvent["severity"];
}

/** A stream of these entries, in order. */
export const stream = (...entries: readonly Recorded[]): readonly StoredEvent[] =>
  entries.map(({ ms, type, step = null, payload = {}, epoch = 1, severity = "info" }, index) => ({
    stream: IDENTITY.run_id,
    seq: index + 1,
    event_id: `0198c3f0-0000-7000-8000-${String(index + 1).padStart(12, "0")}`,
    type,
    at: at(ms),
    recorded_at: at(ms),
    correlation: IDENTITY.correlation_id,
    causation: null,
    actor: "worker-1",
    channel: IDENTITY.channel,
    epoch,
    step,
    severity,
    dedup_key: null,
    payload_sha256: sha256Hex(JSON.stringify(payload)),
    prev_hash: "0".repeat(64),
    hash: "0".repeat(64),
    payload: JSON.stringify(payload),
  }));

const CALLED = { lane: "main", spent: { tool_calls: [], tokens: 0, marks: [] }, call: null } as const;

export const started: Recorded = {
  ms: 0,
  type: "run.started",
  epoch: 0,
  payload: { identity: IDENTITY, entry: "fetch", document: { trigger: { card: "secret" } }, refusal: null },
};

export const succeeded = (ms: number, step: string, next: string | null, attempt = 1): Recorded => ({
  ms,
  type: "step.succeeded",
  step,
  payload: { ...CALLED, attempt, next, patch: [], document_version: 2, receipt_id: null, reused: false },
});

export const failed = (ms: number, step: string, retryAtMs: number | null): Recorded => ({
  ms,
  type: "step.failed",
  step,
  severity: "warning",
  payload: {
    ...CALLED,
    attempt: 1,
    code: "TOOL_TIMEOUT",
    message: "nobody answered",
    final: retryAtMs === null,
    retry_at: retryAtMs === null ? null : at(retryAtMs),
    retry_after_ms: null,
  },
});

export const asked = (ms: number, step: string): Recorded => ({
  ms,
  type: "approval.requested",
  step,
  payload: { lane: "main", attempt: 1, approval_id: "ap-1", timeout_at: at(3_600_000) },
});

export const decided = (ms: number, step: string, code: string | null): Recorded => ({
  ms,
  type: "approval.decided",
  step,
  payload: {
    lane: "main",
    approval_id: "ap-1",
    decision: code === null ? "approved" : "denied",
    by: "grace",
    code,
    action: null,
    keep: [],
  },
});

/** What of a stream are the run's own events. */
export const ownEvents = (stored: readonly StoredEvent[]): readonly RecordedEvent[] =>
  stored.flatMap(({ seq, type, at: moment, step, payload }) => {
    const parsed: Json = JSON.parse(payload ?? "null");
    const event = recordedRunEvent({ type, at: moment, step, payload: parsed });
    return event === null ? [] : [{ seq, event }];
  });
