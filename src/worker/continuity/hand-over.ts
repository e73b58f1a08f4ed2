import {
  accepted,
  assert,
  formatInstant,
  type Host,
  type Instant,
  isJsonObject,
  type Json,
  type Refusal,
  type Result,
  rejected,
  utcText,
} from "../../contracts/index.ts";
import { findPack, type RunState, type WorkflowDefinition } from "../../run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import { installedPack } from "../control.ts";
import { openRun } from "../run-file.ts";
import {
  type AppliedHandoff,
  appliedPayload,
  applyHandoff,
  buildHandoff,
  failedPayload,
  type HandoffPackage,
  parseHandoff,
} from "./handoff.ts";
import { type HandoffRow, insertHandoff, type LockedRun, lastPayload, leftHandoff, lockRun } from "./queries.ts";
import { handoffRun, pendingApprovals } from "./run-handoff.ts";
import type { KeyedEvent } from "./self-heal.ts";

/**
 * Handoff packages of runs: made when a holder gives a run up, when it is taken over without one, and when somebody asks.
 *
 * W1  A package is made under the run's lock, of the record as it is then.
 * W2  It is applied in the transaction that takes the run over, or not at all; one that cannot be leaves the run to a person.
 */

export interface HandoffRequest {
  readonly tenantId: string;
  readonly runId: string;
  readonly by: string;
  readonly madeFor: HandoffRow["made_for"];
  readonly includeAccepted: boolean;
  /** In the place of where the outcomes of its steps will stand. */
  readonly evidencePaths: readonly string[] | null;
}

export interface HandoffPorts {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "ids">;
}

/** Makes the package of an open run and keeps it for whoever takes the run over. Refused: RUN_NOT_FOUND, RUN_CLOSED. */
export const handOver = (ports: HandoffPorts, request: HandoffRequest): Promise<Result<HandoffPackage>> =>
  inTenant(ports.database, request.tenantId, async (sql) => {
    const run = await lockRun(sql, request.runId); // W1
    if (run === undefined) return rejected({ code: "RUN_NOT_FOUND", message: `there is no run \`${request.runId}\`` });
    if (run.ended_at !== null)
      return rejected({
        code: "RUN_CLOSED",
        message: `run \`${run.run_id}\` has ended ${run.status}: nothing is left to do`,
      });
    return accepted(await handOverLocked(sql, ports, run, request));
  });

/** Makes the package of an open run whose lock the transaction holds. */
export async function handOverLocked(
  sql: TenantQuery,
  ports: Pick<HandoffPorts, "host">,
  run: LockedRun,
  asked: Pick<HandoffRequest, "by" | "madeFor" | "includeAccepted" | "evidencePaths">,
): Promise<HandoffPackage> {
  const state = await stateOf(sql, run);
  const workflow = await workflowOf(sql, state);
  return make(sql, ports, { run, state, workflow, lost: await lostSteps(sql, run) }, asked);
}

/** For a holder that gives its run up. */
export const ROTATION = { madeFor: "rotation", includeAccepted: false, evidencePaths: null } as const;

interface Standing {
  readonly run: LockedRun;
  readonly state: RunState;
  readonly workflow: WorkflowDefinition;
  /** Steps whose lease ran out and that nobody has resumed. */
  readonly lost: readonly string[];
}

async function make(
  sql: TenantQuery,
  { host }: Pick<HandoffPorts, "host">,
  { run, state, workflow, lost }: Standing,
  request: Pick<HandoffRequest, "by" | "madeFor" | "includeAccepted" | "evidencePaths">,
): Promise<HandoffPackage> {
  const built = buildHandoff(handoffRun(workflow, state, lost), {
    createdAt: utcText(run.now),
    includeAccepted: request.includeAccepted,
    ...(request.evidencePaths === null ? {} : { evidencePaths: request.evidencePaths }),
    epoch: run.epoch,
    checkpointId: `${run.run_id}/${state.document_version}`,
    eventSeq: run.head_seq,
    pendingApprovals: pendingApprovals(state),
  });
  assert(built.ok, "a run has its ids");
  await insertHandoff(sql, run.run_id, {
    handoff_id: host.ids.next(),
    made_for: request.madeFor,
    made_by: request.by,
    event_seq: run.head_seq,
    epoch: run.epoch,
    document: JSON.stringify(built.value),
    created_at: run.now,
  });
  return built.value;
}

/** What came of a takeover's handoff. */
export interface HandedOver {
  readonly applied: AppliedHandoff | null;
  /** Why the run is left to a person. */
  readonly failure: Refusal | null;
  readonly event: KeyedEvent;
}

export interface Succeeding {
  /** As it was before the takeover. */
  readonly run: LockedRun;
  readonly state: RunState;
  /** What its holder lost, and nobody goes on with. */
  readonly lost: readonly string[];
  readonly takeoverAt: Instant;
  readonly at: Instant;
  readonly by: string;
  /** A package that the successor brings; null takes what the holder left. */
  readonly brought: Json;
}

/** Applies the package that a run's holder left, or one of the run as it left it, and says what to record of that. W2 */
export async function takeHandoff(
  sql: TenantQuery,
  ports: Pick<HandoffPorts, "host">,
  succeeding: Succeeding,
): Promise<HandedOver> {
  const { run, at, takeoverAt } = succeeding;
  const applied = await apply(sql, ports, succeeding);
  const dedupKey = `handoff:${run.workflow_id}:${run.run_id}:${formatInstant(takeoverAt)}`;
  if (!applied.ok) {
    const payload = failedPayload(applied.refusal);
    const event = { type: "handoff.apply_failed", at, step: null, severity: "error", payload } as const;
    return { applied: null, failure: applied.refusal, event: { event, dedupKey } };
  }
  const { resume_step_id: step, warnings } = applied.value;
  const payload = appliedPayload(applied.value, formatInstant(takeoverAt));
  const severity = warnings.length === 0 ? "info" : "warning";
  return {
    applied: applied.value,
    failure: null,
    event: { event: { type: "handoff.applied", at, step, severity, payload }, dedupKey },
  };
}

async function apply(
  sql: TenantQuery,
  ports: Pick<HandoffPorts, "host">,
  { run, state, lost, by, brought }: Succeeding,
): Promise<Result<AppliedHandoff>> {
  const workflow = await workflowOf(sql, state);
  const left = brought === null ? await leftHandoff(sql, run.run_id) : undefined;
  const document: Json = left === undefined ? brought : JSON.parse(left.document);
  const handoff =
    document === null
      ? accepted(await make(sql, ports, { run, state, workflow, lost: [] }, { ...PLAIN, by, madeFor: "takeover" }))
      : parseHandoff(document);
  if (!handoff.ok) return handoff;
  return applyHandoff(handoff.value, handoffRun(workflow, state, lost), { eventSeq: run.head_seq });
}

const PLAIN = { includeAccepted: false, evidencePaths: null };

async function stateOf(sql: TenantQuery, { run_id }: LockedRun): Promise<RunState> {
  const file = await openRun(sql, run_id);
  assert(file !== undefined, "a locked run exists");
  return file.state;
}

/** The workflow of the pack that a run is pinned to. */
async function workflowOf(sql: TenantQuery, state: RunState): Promise<WorkflowDefinition> {
  const stored = await findPack(sql, state.pack_digest);
  const workflow = stored && installedPack(state.pack_digest, stored.document).workflows[state.workflow_id];
  assert(workflow !== undefined, "a run's pack is installed and has its workflow");
  return workflow.definition;
}

/** What a blocked run's last takeover lost: nobody goes on with it before a person says so. */
async function lostSteps(sql: TenantQuery, run: LockedRun): Promise<readonly string[]> {
  if (run.status !== "BLOCKED" || run.code !== "E_LEASE_LOST") return [];
  const payload = await lastPayload(sql, run, "lease.taken_over");
  const lost: Json = isJsonObject(payload) ? (payload.failed_step_ids ?? []) : [];
  return Array.isArray(lost) ? lost.map(String) : [];
}
