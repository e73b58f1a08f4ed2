import {
  accepted,
  assert,
  compileSchema,
  isJsonObject,
  type Json,
  type JsonObject,
  type Result,
  rejected,
} from "../contracts/index.ts";
import { CONTINUITY_EVENT_TYPES } from "../worker/index.ts";
import { CONTINUITY_VERSION, SEVERITIES } from "./continuity-event.ts";
import { HEARTBEAT_STATUSES } from "./heartbeat.ts";

/*
 * The continuity contracts, version 1.0.0. Their lists are frozen: finer meaning goes into an event's payload, never into a new
 * word here. They are exports of the ledger, not a second store.
 */

const PIPELINE_STATUSES = [
  "PLANNING",
  "ANALYSIS",
  "FREEZE",
  "EXECUTE",
  "ACCEPT",
  "DONE",
  "DRAINING",
  "BLOCKED",
  "FAILED",
] as const;

export type PipelineStatus = (typeof PIPELINE_STATUSES)[number];

const LEASE_STATUSES = ["ACTIVE", "RELEASED", "EXPIRED", "TAKEN_OVER"] as const;

const VERSION: JsonObject = { const: CONTINUITY_VERSION };
const TEXT: JsonObject = { type: "string", minLength: 1 };
const TEXT_OR_NULL: JsonObject = { type: ["string", "null"], minLength: 1 };
const TEXTS: JsonObject = { type: "array", items: { type: "string" } };
const TIME: JsonObject = { type: "string", format: "date-time" };
const TIME_OR_NULL: JsonObject = { type: ["string", "null"], format: "date-time" };
const COUNT: JsonObject = { type: "integer", minimum: 1 };

const closed = (properties: JsonObject, optional: readonly string[] = []): JsonObject => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});

const SCHEMAS = {
  event: closed({
    schema_version: VERSION,
    event_id: TEXT,
    task_id: TEXT,
    run_id: TEXT,
    step_id: TEXT_OR_NULL,
    event_type: { enum: CONTINUITY_EVENT_TYPES },
    severity: { enum: SEVERITIES },
    timestamp: TIME,
    payload: { type: "object", additionalProperties: true },
    dedup_key: TEXT_OR_NULL,
  }),
  heartbeat_status: closed(
    {
      schema_version: VERSION,
      status: { enum: HEARTBEAT_STATUSES },
      last_heartbeat_at: TIME_OR_NULL,
      reason_code: { type: ["string", "null"] },
      warning_after_seconds: COUNT,
      stale_after_seconds: COUNT,
      updated_at: TIME,
      last_escalation_at: TIME_OR_NULL,
    },
    ["warning_after_seconds", "stale_after_seconds", "last_escalation_at"],
  ),
  process_leases: closed({
    schema_version: VERSION,
    leases: {
      type: "array",
      items: closed({
        lane: TEXT,
        step_id: TEXT,
        task_id: TEXT,
        run_id: TEXT,
        thread_id: TEXT,
        pid: COUNT,
        lease_token: TEXT,
        expiry: TIME,
        last_heartbeat_at: TIME,
        created_at: TIME,
        updated_at: TIME,
        status: { enum: LEASE_STATUSES },
      }),
    },
    updated_at: TIME,
  }),
  pipeline_state: closed({
    schema_version: VERSION,
    task_id: { type: ["string", "null"] },
    run_id: { type: ["string", "null"] },
    goal: { type: "string" },
    status: { enum: PIPELINE_STATUSES },
    current_step: { type: ["string", "null"] },
    steps: {
      type: "array",
      items: closed({
        id: TEXT,
        title: TEXT,
        category: TEXT,
        goal: TEXT,
        actions: TEXTS,
        acceptance_criteria: TEXTS,
        expected_outputs: TEXTS,
        dependencies: TEXTS,
      }),
    },
    role_lifecycle: { type: "object", minProperties: 1, additionalProperties: TEXT },
    succession: closed({ enabled: { type: "boolean" }, last_takeover_at: TIME_OR_NULL }),
    updated_at: TIME,
  }),
} as const;

export type ContinuityContract = keyof typeof SCHEMAS;

/** Whether a document is what its contract says. Refused: SCHEMA_INVALID with the path of the first error. */
export function checkContract(contract: ContinuityContract, document: Json): Result<Json> {
  const compiled = compileSchema(SCHEMAS[contract]);
  assert(compiled.ok, "the continuity contracts are well formed");
  const checked = compiled.validate(document);
  return checked.ok && contract === "heartbeat_status" ? checkedThresholds(checked.value) : checked;
}

/** What a schema cannot say: silence is stale no earlier than it is a warning. */
function checkedThresholds(document: Json): Result<Json> {
  if (!isJsonObject(document)) return accepted(document);
  const { warning_after_seconds: warning, stale_after_seconds: stale } = document;
  if (typeof warning !== "number" || typeof stale !== "number" || stale >= warning) return accepted(document);
  return rejected({
    code: "SCHEMA_INVALID",
    message: `a silence of ${stale} s cannot be stale before it is a warning at ${warning} s`,
    field_path: "$.stale_after_seconds",
  });
}
