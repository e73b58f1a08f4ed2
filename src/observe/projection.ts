import { after, type Instant, isJsonObject, type Json, type JsonObject, utcText } from "../contracts/index.ts";
import type { StoredEvent, StreamEntry } from "../ledger/index.ts";
import { currentStep, isRunEventType, type RunEventType, type RunRow, type RunState } from "../run/index.ts";
import {
  CONTINUITY_POLICY,
  continuityEventType,
  silenceCode,
  type LeaseRecord as TokenLease,
} from "../worker/index.ts";
import { CONTINUITY_VERSION } from "./continuity-event.ts";
import type { DiagnosisInput, DiagnosisScope } from "./diagnosis-input.ts";
import type { HeartbeatRecord } from "./heartbeat.ts";
import { FINGERPRINT_DIGITS, type LeaseRecord } from "./lease-transition.ts";
import type { LeaseFact } from "./why.ts";

/*
 * Our ledger in the words of the continuity contracts: the one place that knows both.
 *
 * P1  One event of a run's stream is one continuity event, in the same place of the same sequence; one beside it has no place.
 * P2  An event of a type that this does not know is `SYSTEM`, with its name as operation; it is never left out.
 * P3  A task is a workflow.
 * P4  What a run's own events carry of business (arguments, outputs, traces) stays out.
 */

/** How a worker holds runs, as far as its signs of life go. */
export interface Liveness {
  readonly leaseMs: number;
  readonly beatMs: number;
}

/** A run as the ledger has it. */
export interface LedgerRun {
  readonly row: RunRow;
  readonly state: RunState;
  readonly events: readonly StoredEvent[];
  /** Entries of the audit stream that tell of its ownership: acts and refusals of those who do not hold it. */
  readonly beside: readonly StoredEvent[];
  /** Null: nobody ever held it. */
  readonly lease: LeaseFact | null;
  /** The leases on it that somebody holds or held by token, by epoch. */
  readonly tokens: readonly TokenLease[];
  /** The checkpoints that the database has of the graphs that it executed. */
  readonly checkpointIds: readonly string[];
  readonly liveness: Liveness;
}

export const scopeOf = ({ row }: Pick<LedgerRun, "row">, generatedAt: Instant): DiagnosisScope => ({
  taskId: row.workflow_id,
  runId: row.run_id,
  generatedAt,
});

export function diagnosisInput(run: LedgerRun, generatedAt: Instant): DiagnosisInput {
  return {
    events: continuityEvents(run),
    heartbeat: heartbeatRecord(run, generatedAt),
    leases: [...run.tokens.map((token) => tokenRecord(token, run.row, generatedAt)), ...workerRecord(run, generatedAt)],
    succession: null,
    graph: run.checkpointIds.length === 0 ? null : { checkpoint_ids: run.checkpointIds },
  };
}

/** Everything that is known of a run's ownership, as continuity events: its stream, then what stands beside it. */
export const continuityEvents = ({ row, events, beside }: LedgerRun): readonly JsonObject[] => [
  ...events.map((event) => continuityEvent(event, row.workflow_id)),
  ...beside.map((event) => besideEvent(event, row)),
];

/** An entry beside a run's stream has no place in it, and its writer no epoch: its payload says of which run and step it is. */
function besideEvent(event: StoredEvent, { run_id, workflow_id }: RunRow): JsonObject {
  const { step_id } = payloadOf(event);
  const step = typeof step_id === "string" ? step_id : null;
  return { ...continuityEvent({ ...event, stream: run_id, step, epoch: 0 }, workflow_id), seq: null };
}

/** One entry of a run's stream as a continuity event, with the place and the epoch that the ledger adds. */
export function continuityEvent(event: StreamEntry, taskId: string): JsonObject {
  const payload = payloadOf(event);
  return {
    schema_version: CONTINUITY_VERSION,
    event_id: `evt_${event.event_id.replaceAll("-", "")}`,
    task_id: taskId,
    run_id: event.stream,
    step_id: event.step,
    event_type: continuityEventType(event.type, payload),
    severity: SEVERITIES[event.severity],
    timestamp: utcText(event.at),
    payload: shownPayload(event.type, payload),
    dedup_key: event.dedup_key,
    seq: event.seq,
    // Before anybody held the run, there is nothing to fence.
    epoch: event.epoch === 0 ? null : event.epoch,
  };
}

const SEVERITIES = { info: "INFO", warning: "WARN", error: "ERROR" } as const;

/** Empty for a payload that was erased. */
function payloadOf({ payload }: StreamEntry): JsonObject {
  const parsed: Json = payload === null ? {} : JSON.parse(payload);
  return isJsonObject(parsed) ? parsed : {};
}

/** Members of a run's own events that tell an operator something and nothing of the business. */
const TOLD = ["code", "lane", "attempt", "approval_id", "decision", "by", "status", "outcome"] as const;

/** What an event of a graph refers to, and as what the contract knows it. */
const REFERENCES: { readonly [member: string]: string } = {
  graph_id: "graph_id",
  thread_id: "thread_id",
  checkpoint_id: "checkpoint_id",
  parent_checkpoint_id: "parent",
  source: "source",
  graph_step: "step",
  node: "node",
};

/** Approvals, a graph's too, and its checkpoints have operations of their own; every other event is called as its type. */
const OPERATIONS: { readonly [type in RunEventType]?: string } = {
  "approval.requested": "APPROVAL_REQUESTED",
  "approval.escalated": "APPROVAL_ESCALATED",
  "approval.decided": "APPROVAL_DECIDED",
  "agent.interrupted": "APPROVAL_REQUESTED",
  "agent.resumed": "APPROVAL_CONSUMED",
  "agent.checkpointed": "GRAPH_CHECKPOINT",
};

function shownPayload(type: string, payload: JsonObject): JsonObject {
  const name = type.toUpperCase().replaceAll(".", "_");
  if (!isRunEventType(type)) return { operation: name, ...payload };
  const references = type.startsWith("agent.") ? Object.entries(REFERENCES) : [];
  const told = [...TOLD.map((member) => [member, member] as const), ...references].flatMap(
    ([member, as]): readonly [string, Json][] => {
      const value = payload[member];
      return value === undefined ? [] : [[as, value]];
    },
  );
  return { operation: OPERATIONS[type] ?? name, ...Object.fromEntries(told) };
}

function tokenRecord(token: TokenLease, { workflow_id: task_id }: RunRow, generatedAt: Instant): LeaseRecord {
  const { lane, step_id, run_id, thread_id, pid, status, expiry } = token;
  return {
    ...{ lane, step_id, task_id, run_id, thread_id, pid },
    lease_token: `fp:${token.token_sha256.slice(0, FINGERPRINT_DIGITS)}`,
    expiry: utcText(expiry),
    last_heartbeat_at: utcText(token.last_heartbeat_at),
    created_at: utcText(token.created_at),
    updated_at: utcText(token.updated_at),
    status: status === "ACTIVE" && expiry <= generatedAt ? "EXPIRED" : status,
  };
}

/** The lease by token under which the run is held; null where a worker holds it, or nobody. */
const holdingToken = ({ lease, tokens }: LedgerRun): TokenLease | null =>
  tokens.find(({ lane, epoch }) => lane === "controller" && lease?.worker_id != null && epoch === lease.epoch) ?? null;

/** A worker's hold on the run as one of the contract's records; none where no worker holds it. */
function workerRecord(run: LedgerRun, generatedAt: Instant): readonly LeaseRecord[] {
  const { row, state, events, lease } = run;
  if (lease === null || lease.worker_id === null || holdingToken(run) !== null) return [];
  const expiry = lease.due_at ?? generatedAt;
  const since = heldSince(events, lease.epoch) ?? utcText(row.updated_at);
  const record: LeaseRecord = {
    lane: "controller",
    step_id: currentStep(state) ?? row.workflow_id,
    task_id: row.workflow_id,
    run_id: row.run_id,
    thread_id: lease.worker_id,
    // A worker is told apart by its id; the contract wants a number.
    pid: 1,
    // Its holder has no secret but the epoch, which the database checks.
    lease_token: `${row.run_id}/${lease.epoch}`,
    expiry: utcText(expiry),
    last_heartbeat_at: since,
    created_at: since,
    updated_at: since,
    status: expiry > generatedAt ? "ACTIVE" : "EXPIRED",
  };
  return [record];
}

/** When the present hold began: with its takeover, else with its first entry. Null: it has written nothing yet. */
function heldSince(events: readonly StoredEvent[], epoch: number): string | null {
  const own = events.filter((event) => event.epoch === epoch);
  const takeover = own.find(({ type }) => type === "lease.taken_over");
  const taken = takeover === undefined ? undefined : payloadOf(takeover).takeover_at;
  const [first] = own;
  return typeof taken === "string" ? taken : first === undefined ? null : utcText(first.at);
}

function heartbeatRecord(run: LedgerRun, generatedAt: Instant): HeartbeatRecord {
  const { row, state, lease } = run;
  const token = holdingToken(run);
  const liveness = token === null ? run.liveness : TOKEN_LIVENESS;
  const step_id = currentStep(state);
  const still = (status: string, reason_code: string | null): HeartbeatRecord => ({
    status,
    last_heartbeat_at: null,
    reason_code,
    warning_after_seconds: warningSeconds(liveness),
    stale_after_seconds: staleSeconds(liveness),
    step_id,
  });
  if (row.ended_at === null && row.status === "SUSPENDED_HITL") return still("BLOCKED", "AWAITING_APPROVAL");
  if (row.status === "BLOCKED") return still("BLOCKED", row.code);
  if (lease === null || lease.worker_id === null || lease.due_at === null) return still("IDLE", null);
  const signal = token?.last_heartbeat_at ?? after(lease.due_at, -liveness.leaseMs);
  return { ...beating(generatedAt - signal, liveness), last_heartbeat_at: utcText(signal), step_id };
}

/** A silence against what a lease and its beats allow. */
function beating(silenceMs: number, liveness: Liveness): Omit<HeartbeatRecord, "last_heartbeat_at" | "step_id"> {
  const [warning, stale] = [warningSeconds(liveness), staleSeconds(liveness)];
  const seconds = Math.max(Math.floor(silenceMs / 1_000), 0);
  const thresholds = { warning_after_seconds: warning, stale_after_seconds: stale };
  if (seconds >= stale) return { status: "STALE", reason_code: silenceCode(stale), ...thresholds };
  if (seconds >= warning) return { status: "WARNING", reason_code: silenceCode(warning), ...thresholds };
  return { status: "RUNNING", reason_code: null, ...thresholds };
}

/** As a worker's, for who holds a run by token: a warning after two beats, silent after the whole. */
const TOKEN_LIVENESS: Liveness = {
  leaseMs: CONTINUITY_POLICY.stale_after_seconds * 1_000,
  beatMs: (CONTINUITY_POLICY.warning_after_seconds * 1_000) / 2,
};

/** One beat may be late before anybody wonders. */
const warningSeconds = ({ beatMs }: Liveness): number => Math.max(Math.ceil((2 * beatMs) / 1_000), 1);

/** Silent for as long as its lease lasts, a holder has lost it. */
const staleSeconds = (liveness: Liveness): number =>
  Math.max(Math.floor(liveness.leaseMs / 1_000), warningSeconds(liveness));
