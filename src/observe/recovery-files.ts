import { type Instant, isJsonObject, type Json, type JsonObject, sha256Hex, utcText } from "../contracts/index.ts";
import type { StoredEvent } from "../ledger/index.ts";
import { currentStep, type RunState, type RunStatus } from "../run/index.ts";
import { handoffMarkers } from "../worker/index.ts";
import { CONTINUITY_VERSION, textOrNull, textsOf } from "./continuity-event.ts";
import type { PipelineStatus } from "./contracts.ts";
import type { HeartbeatRecord } from "./heartbeat.ts";
import { tokenFingerprint } from "./lease-transition.ts";
import { continuityEvents, diagnosisInput, type LedgerRun, scopeOf } from "./projection.ts";
import { recoveryMarkdown } from "./recovery-markdown.ts";
import { type AssertionResults, type EvidencePointer, type RecoveryReport, recoveryReport } from "./recovery-report.ts";

/** A file beside the report: what it was derived from, or how it is shown. */
export interface RecoveryFile {
  readonly path: string;
  readonly text: string;
}

export interface Recovery {
  readonly report: RecoveryReport;
  readonly markdown: string;
  /** The report and the page among them, each exactly as its pointer's digest has it. */
  readonly files: readonly RecoveryFile[];
}

/** A run's recovery report with the continuity documents that it was derived from. */
export function recoveryOf(run: LedgerRun, generatedAt: Instant, assertions: AssertionResults = {}): Recovery {
  const input = diagnosisInput(run, generatedAt);
  const plain = recoveryReport(input, scopeOf(run, generatedAt), assertions);
  const sources = {
    pipeline_state_json: jsonFile("pipeline_state.json", pipelineState(run, plain)),
    heartbeat_status_json: jsonFile("heartbeat_status.json", heartbeatStatus(input.heartbeat, plain)),
    process_leases_json: jsonFile("process_leases.json", {
      schema_version: CONTINUITY_VERSION,
      leases: input.leases.map((lease) => ({ ...lease, lease_token: tokenFingerprint(lease.lease_token) })),
      updated_at: utcText(generatedAt),
    }),
    events_jsonl: { path: "events.jsonl", text: eventLines(run) },
  };
  const withSources = (page: EvidencePointer): RecoveryReport => ({
    ...plain,
    evidence_pointers: {
      state_root: plain.state_root,
      pipeline_state_json: pointerTo(sources.pipeline_state_json),
      heartbeat_status_json: pointerTo(sources.heartbeat_status_json),
      process_leases_json: pointerTo(sources.process_leases_json),
      events_jsonl: { ...pointerTo(sources.events_jsonl), ...seqRange(run.events) },
      recovery_json: { path: "recovery.json", sha256: null },
      recovery_markdown: page,
    },
  });
  const page = { path: "recovery.md", text: recoveryMarkdown(withSources({ path: "recovery.md", sha256: null })) };
  const report = withSources(pointerTo(page));
  const files = [...Object.values(sources), jsonFile("recovery.json", { ...report }), page];
  return { report, markdown: page.text, files };
}

const jsonFile = (path: string, document: object): RecoveryFile => ({
  path,
  text: `${JSON.stringify(document, null, 2)}\n`,
});

const pointerTo = ({ path, text }: RecoveryFile): EvidencePointer => ({ path, sha256: sha256Hex(text) });

function seqRange(events: readonly StoredEvent[]): Pick<EvidencePointer, "seq_range"> {
  const [first, last] = [events[0], events.at(-1)];
  return first === undefined || last === undefined ? {} : { seq_range: { from: first.seq, to: last.seq } };
}

/** The events as their contract has them: without the place and the epoch, which are ours. */
const eventLines = (run: LedgerRun): string =>
  continuityEvents(run)
    .map(({ seq: _, epoch: __, ...document }) => `${JSON.stringify(document)}\n`)
    .join("");

function heartbeatStatus(record: HeartbeatRecord | null, report: RecoveryReport): JsonObject {
  const { stale_detection: stale, generated_at } = report;
  return {
    schema_version: CONTINUITY_VERSION,
    status: stale.heartbeat_status,
    last_heartbeat_at: record?.last_heartbeat_at ?? null,
    reason_code: stale.reason_code,
    ...(stale.warning_after_seconds === null ? {} : { warning_after_seconds: stale.warning_after_seconds }),
    ...(stale.stale_after_seconds === null ? {} : { stale_after_seconds: stale.stale_after_seconds }),
    updated_at: generated_at,
    last_escalation_at: stale.detected_at,
  };
}

const STATUSES: { readonly [status in RunStatus]: PipelineStatus } = {
  PENDING: "PLANNING",
  RUNNING: "EXECUTE",
  SUSPENDED_HITL: "EXECUTE",
  SUSPENDED_WAIT: "EXECUTE",
  COMPENSATING: "EXECUTE",
  BLOCKED: "BLOCKED",
  SUCCEEDED: "DONE",
  FAILED_EXPECTED: "FAILED",
  FAILED_UNEXPECTED: "FAILED",
  CANCELLED: "FAILED",
};

/** The steps that the run has come to; those ahead are the workflow's, which the run's pack has. */
function pipelineState({ row, state, events }: LedgerRun, { takeover_latency }: RecoveryReport): JsonObject {
  const current = currentStep(state);
  return {
    schema_version: CONTINUITY_VERSION,
    task_id: row.workflow_id,
    run_id: row.run_id,
    goal: row.workflow_id,
    status: STATUSES[row.status],
    current_step: current,
    steps: stepsOf(state, current).map((id) => ({
      id,
      title: id,
      category: "step",
      goal: id,
      actions: [],
      acceptance_criteria: [],
      expected_outputs: [],
      dependencies: [],
    })),
    role_lifecycle: {
      controller_lane: "controller",
      controller_ownership: `controller:${current ?? "unassigned"}`,
      ...Object.fromEntries(Object.entries(state.steps).map(([id, step]) => [`step:${id}`, markerOf(step.status)])),
      ...markersOfHandoff(events),
    },
    succession: { enabled: true, last_takeover_at: takeover_latency.takeover_at },
    updated_at: utcText(row.updated_at),
  };
}

/** What the last handoff that was applied says of the run. */
function markersOfHandoff(events: readonly StoredEvent[]): { readonly [name: string]: string } {
  const applied = events.findLast(({ type }) => type === "handoff.applied");
  const payload: Json = JSON.parse(applied?.payload ?? "null");
  if (!isJsonObject(payload)) return {};
  return handoffMarkers({
    resume_step_id: textOrNull(payload.resume_step_id),
    next_action: payload.next_action === "complete" ? "complete" : "resume",
    resumable_step_ids: textsOf(payload.resumable_step_ids),
    skipped_step_ids: textsOf(payload.skipped_step_ids),
    failed_step_ids: textsOf(payload.failed_step_ids),
    pending_step_ids: textsOf(payload.pending_step_ids),
  });
}

const markerOf = (status: RunState["steps"][string]["status"]): string =>
  status === "succeeded" ? "accepted" : status === "failed" ? "failed" : status;

const stepsOf = ({ steps }: RunState, current: string | null): readonly string[] => {
  const done = Object.entries(steps).toSorted(([, one], [, other]) => one.order - other.order);
  return [...new Set([...done.map(([id]) => id), ...(current === null ? [] : [current])])];
};
