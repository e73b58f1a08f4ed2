import { instant, type JsonObject } from "../../contracts/index.ts";
import type { DiagnosisInput, DiagnosisScope } from "../diagnosis-input.ts";
import type { LeaseRecord } from "../lease-transition.ts";

/** A rotation of owners on one morning: silence, decision, takeover, one step adopted and one lost, handoff. */

/** The morning's clock: `at("09:46:00")`. */
export const at = (time: string): string => `2026-02-12T${time}+00:00`;

export const SCOPE: DiagnosisScope = {
  taskId: "T-1",
  runId: "R-1",
  generatedAt: instant(Date.UTC(2026, 1, 12, 9, 50)),
};

const event = (
  number: number,
  step_id: string | null,
  event_type: string,
  severity: string,
  time: string,
  payload: JsonObject,
): JsonObject => ({
  schema_version: "1.0.0",
  event_id: `evt_0${number}`,
  task_id: "T-1",
  run_id: "R-1",
  step_id,
  event_type,
  severity,
  timestamp: at(time),
  payload,
  dedup_key: null,
});

const TAKEOVER_AT = { takeover_at: at("09:48:05") };

export const EVENTS: readonly JsonObject[] = [
  event(2, "S1", "HEARTBEAT_STALE", "WARN", "09:46:00", {
    reason_code: "NO_OUTPUT_20M",
    silence_seconds: 7500,
    stale_after_seconds: 1200,
    effective_signal_at: at("07:41:00"),
  }),
  event(3, "S1", "HEARTBEAT_STALE", "WARN", "09:48:00", {
    stage: "decide",
    decision_action: "TAKEOVER",
    decision_reason_code: "HEARTBEAT_STALE",
    heartbeat_status: "STALE",
    lease_reason_code: "VALID_ACTIVE_LEASE",
    takeover_required: true,
    decided_at: at("09:48:00"),
  }),
  event(4, null, "LEASE_TAKEOVER", "INFO", "09:48:05", {
    ...TAKEOVER_AT,
    adopted_step_ids: ["S1"],
    failed_step_ids: ["S2"],
    reason_code: "HEARTBEAT_STALE",
  }),
  event(5, "S1", "SYSTEM", "INFO", "09:48:05", {
    ...TAKEOVER_AT,
    operation: "LEASE_ADOPTED",
    reason_code: "VALID_UNEXPIRED_LEASE",
  }),
  event(6, "S2", "STEP_FAILED", "ERROR", "09:48:05", { ...TAKEOVER_AT, reason_code: "LEASE_NOT_ADOPTED" }),
  event(7, "S1", "SYSTEM", "INFO", "09:48:06", {
    ...TAKEOVER_AT,
    operation: "HANDOFF_APPLIED",
    resume_step_id: "S1",
    next_action: "resume",
    resumable_step_ids: ["S1", "S2"],
  }),
];

const LEASE: LeaseRecord = {
  lane: "controller",
  step_id: "S1",
  task_id: "T-1",
  run_id: "R-1",
  thread_id: "successor",
  pid: 12345,
  lease_token: "lease_0123456789abcdef0123456789abcdef",
  expiry: at("10:18:05"),
  last_heartbeat_at: at("09:48:05"),
  created_at: at("09:48:05"),
  updated_at: at("09:48:05"),
  status: "ACTIVE",
};

export const LEASES: readonly LeaseRecord[] = [
  LEASE,
  {
    ...LEASE,
    lane: "lane-2",
    step_id: "S2",
    thread_id: "old",
    status: "EXPIRED",
    created_at: at("07:00:00"),
    expiry: at("07:30:00"),
  },
];

export const ROTATION: DiagnosisInput = {
  events: EVENTS,
  heartbeat: {
    status: "STALE",
    last_heartbeat_at: at("07:41:00"),
    reason_code: "NO_OUTPUT_20M",
    warning_after_seconds: 900,
    stale_after_seconds: 1200,
    step_id: "S1",
  },
  leases: LEASES,
  succession: null,
  graph: null,
};

/** The rotation's events without those of some numbers. */
export const without = (...numbers: readonly number[]): readonly JsonObject[] =>
  EVENTS.filter(({ event_id }) => !numbers.some((number) => event_id === `evt_0${number}`));

/** The rotation's events, one of them changed. */
export const changed = (number: number, change: (event: JsonObject) => JsonObject): readonly JsonObject[] =>
  EVENTS.map((event) => (event.event_id === `evt_0${number}` ? change(event) : event));
