import { z } from "@hono/zod-openapi";
import type { RecoveryReport } from "../../observe/index.ts";
import { validation } from "./diagnosis.ts";
import { time } from "./parts.ts";
import { timelineEntry } from "./timeline.ts";

const seconds = z.int().nullable();
const text = z.string().nullable();
const steps = z.array(z.string()).readonly();

const pointer = z
  .strictObject({
    /** Relative to the report's own folder. */
    path: z.string(),
    sha256: text,
    seq_range: z.strictObject({ from: z.int(), to: z.int() }).optional(),
  })
  .openapi("EvidencePointer");

const pointers = z.strictObject({
  state_root: z.string(),
  pipeline_state_json: pointer,
  heartbeat_status_json: pointer,
  process_leases_json: pointer,
  events_jsonl: pointer,
  recovery_json: pointer,
  recovery_markdown: pointer,
});

/** How a run lost its owner and got another, with its key figures. */
export const recoveryReport: z.ZodType<RecoveryReport> = z
  .strictObject({
    task_id: z.string(),
    run_id: z.string(),
    schema_version: z.literal("1.0.0"),
    runtime_policy: z.enum(["LANGGRAPH_ONLY", "UNPROVEN", "NOT_APPLICABLE"]),
    generated_at: time,
    state_root: z.string(),
    stale_detection: z.strictObject({
      heartbeat_status: z.string(),
      reason_code: text,
      silence_seconds: z.int(),
      warning_after_seconds: seconds,
      stale_after_seconds: seconds,
      stale_events_in_timeline: z.int(),
      timeline_entries: z.int(),
      detected_at: time.nullable(),
      silence_at_detection: seconds,
    }),
    takeover_latency: z.strictObject({
      detected: z.boolean(),
      trigger_reason_code: text,
      lease_reason_code: text,
      decision_at: time.nullable(),
      takeover_at: time.nullable(),
      decision_latency_seconds: seconds,
      adopted_step_ids: steps,
      failed_step_ids: steps,
      handoff_applied: z.boolean(),
      handoff_resume_step_id: text,
      epoch_before: z.int().nullable(),
      epoch_after: z.int().nullable(),
    }),
    continuity_outcome: z.strictObject({
      status: z.enum(["NOT_APPLICABLE", "PASS", "REQUIRES_REVIEW", "FAIL"]),
      validation_status: z.enum(["PASS", "PASS_WITH_WARNINGS", "FAIL"]),
      validation_issue_count: z.int(),
      event_count: z.int(),
      lease_count: z.int(),
      continuity_checks: z.array(z.strictObject({ name: z.string(), passed: z.boolean() })).readonly(),
      continuity_assertion_results: z.record(z.string(), z.boolean()),
    }),
    timeline: z.strictObject({ total_entries: z.int(), entries: z.array(timelineEntry).readonly() }),
    validation,
    kpis: z.strictObject({
      detection_delay_seconds: seconds,
      decision_delay_seconds: seconds,
      takeover_latency_seconds: seconds,
      recovery_seconds: seconds,
      stale_incidents: z.int(),
      takeovers: z.int(),
      steps_adopted: z.int(),
      steps_failed: z.int(),
      steps_resumed: z.int(),
      stale_writes_rejected: z.int(),
      approvals_pending: z.int(),
    }),
    evidence_pointers: pointers.nullable(),
    next_actions: z.array(z.strictObject({ action: z.string(), command: z.string(), runbook: z.string() })).readonly(),
  })
  .openapi("RecoveryReport");
