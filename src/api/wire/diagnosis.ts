import { z } from "@hono/zod-openapi";
import type { Diagnosis } from "../../observe/index.ts";
import { time } from "./parts.ts";
import { correlation, timelineEntry } from "./timeline.ts";

const seconds = z.int().nullable();
const steps = z.array(z.string()).readonly();

const header = {
  schema_version: z.literal("1.0.0"),
  task_id: z.string(),
  run_id: z.string(),
  generated_at: time,
};

const takeover = z
  .strictObject({
    trigger_reason_code: z.string(),
    lease_reason_code: z.string().nullable(),
    heartbeat_status: z.string().nullable(),
    decision_at: time.nullable(),
    takeover_at: time,
    decision_latency_seconds: seconds,
    adopted_step_ids: steps,
    failed_step_ids: steps,
    correlation,
  })
  .openapi("TakeoverDiagnostic");

const heartbeat = z.strictObject({
  status: z.string(),
  reason_code: z.string().nullable(),
  observed_at: time,
  last_signal_at: time.nullable(),
  silence_seconds: z.int(),
  warning_after_seconds: seconds,
  stale_after_seconds: seconds,
  correlation,
});

const transition = z.strictObject({
  transition_kind: z.enum(["SNAPSHOT", "EVENT"]),
  from_status: z.string().nullable(),
  to_status: z.string(),
  lease_from: z.string().nullable(),
  lease_to: z.string(),
  reason_code: z.string().nullable(),
  lease_token: z.string().nullable(),
  lane: z.string().nullable(),
  thread_id: z.string().nullable(),
  pid: z.int().nullable(),
  transition_at: time,
  correlation,
});

const timeline = z.strictObject({
  ...header,
  total_entries: z.int(),
  stale_heartbeat_events: z.int(),
  stale_incidents: z.int(),
  lease_transition_events: z.int(),
  takeover_events: z.int(),
  entries: z.array(timelineEntry).readonly(),
});

export const validation = z
  .strictObject({
    status: z.enum(["PASS", "PASS_WITH_WARNINGS", "FAIL"]),
    issue_count: z.int(),
    issues: z
      .array(
        z.strictObject({
          code: z.string(),
          severity: z.enum(["INFO", "WARN", "ERROR"]),
          message: z.string(),
          task_id: z.string(),
          run_id: z.string(),
          step_id: z.string().nullable(),
          event_id: z.string().nullable(),
          occurred_at: time,
        }),
      )
      .readonly(),
  })
  .openapi("ContinuityValidation");

/** The diagnosis of a run's continuity, as the continuity contracts have it. */
export const diagnosis: z.ZodType<Diagnosis> = z
  .strictObject({
    ...header,
    report: z.strictObject({
      ...header,
      runtime_policy: z.enum(["LANGGRAPH_ONLY", "UNPROVEN", "NOT_APPLICABLE"]),
      heartbeat,
      lease_transitions: z.array(transition).readonly(),
      takeover: takeover.nullable(),
      takeover_history: z.array(takeover).readonly(),
      timeline,
    }),
    validation,
    evidence: z.strictObject({ event_count: z.int(), lease_count: z.int() }),
  })
  .openapi("Diagnosis");
