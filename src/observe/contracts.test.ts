import { describe, expect, test } from "vitest";
import type { JsonObject } from "../contracts/index.ts";
import { type ContinuityContract, checkContract } from "./contracts.ts";
import { at, EVENTS, LEASES } from "./testing/rotation.ts";

const problem = (contract: ContinuityContract, document: JsonObject): string => {
  const checked = checkContract(contract, document);
  return checked.ok ? "valid" : (checked.refusal.field_path ?? "");
};

const event: JsonObject = {
  ...EVENTS[0],
  event_type: "STEP_STARTED",
  severity: "INFO",
  payload: { message: "begun", attempt: 1 },
};

const heartbeat: JsonObject = {
  schema_version: "1.0.0",
  status: "RUNNING",
  last_heartbeat_at: at("09:46:00"),
  reason_code: null,
  warning_after_seconds: 900,
  stale_after_seconds: 1200,
  updated_at: at("09:46:00"),
};

const leases: JsonObject = {
  schema_version: "1.0.0",
  leases: LEASES.slice(0, 1).map((lease) => ({ ...lease })),
  updated_at: at("09:48:05"),
};

const step: JsonObject = {
  id: "S1",
  title: "first",
  category: "build",
  goal: "built",
  actions: [],
  acceptance_criteria: ["tests pass"],
  expected_outputs: [],
  dependencies: [],
};

const state: JsonObject = {
  schema_version: "1.0.0",
  task_id: "T-1",
  run_id: "R-1",
  goal: "ship it",
  status: "EXECUTE",
  current_step: "S1",
  steps: [step],
  role_lifecycle: { controller_lane: "controller" },
  succession: { enabled: true, last_takeover_at: null },
  updated_at: at("09:48:05"),
};

describe("the continuity contracts (CO 2.7)", () => {
  test.each<[string, ContinuityContract, JsonObject, string]>([
    ["an event", "event", event, "valid"],
    ["a severity that is none", "event", { ...event, severity: "TRACE" }, "$.severity"],
    ["a type of another programme", "event", { ...event, event_type: "OBSERVER_RELAY_SWITCHED" }, "$.event_type"],
    ["a time without a zone", "event", { ...event, timestamp: "2026-02-12T09:46:00" }, "$.timestamp"],
    ["a field that nobody knows", "event", { ...event, lane: "x" }, "$.lane"],
    ["another version", "event", { ...event, schema_version: "1.0.1" }, "$.schema_version"],
    ["a heartbeat", "heartbeat_status", heartbeat, "valid"],
    [
      "a heartbeat from before there were thresholds",
      "heartbeat_status",
      (({ warning_after_seconds: _, stale_after_seconds: __, ...old }) => old)(heartbeat),
      "valid",
    ],
    ["a heartbeat's status that is none", "heartbeat_status", { ...heartbeat, status: "DEAD" }, "$.status"],
    [
      "stale before it is a warning",
      "heartbeat_status",
      { ...heartbeat, stale_after_seconds: 600 },
      "$.stale_after_seconds",
    ],
    [
      "a heartbeat of another version",
      "heartbeat_status",
      { ...heartbeat, schema_version: "1.0.1" },
      "$.schema_version",
    ],
    ["leases", "process_leases", leases, "valid"],
    [
      "a process that cannot be",
      "process_leases",
      { ...leases, leases: LEASES.slice(0, 1).map((lease) => ({ ...lease, pid: -1 })) },
      "$.leases[0].pid",
    ],
    ["leases of another version", "process_leases", { ...leases, schema_version: "1.0.1" }, "$.schema_version"],
    ["a pipeline's state", "pipeline_state", state, "valid"],
    ["a version that is a number", "pipeline_state", { ...state, schema_version: 1 }, "$.schema_version"],
    ["a lifecycle without an entry", "pipeline_state", { ...state, role_lifecycle: {} }, "$.role_lifecycle"],
    ["K-04 a type that came later", "event", { ...event, event_type: "AGENT" }, "$.event_type"],
    ["K-04 another one", "event", { ...event, event_type: "HUMAN" }, "$.event_type"],
    [
      "K-04 a lifecycle entry that is an object",
      "pipeline_state",
      { ...state, role_lifecycle: { controller_lane: { lane: "controller" } } },
      "$.role_lifecycle.controller_lane",
    ],
    [
      "K-04 a step with a key of its own",
      "pipeline_state",
      { ...state, steps: [{ ...step, owner: "controller" }] },
      "$.steps[0].owner",
    ],
  ])("%s", (_name, contract, document, expected) => {
    expect(problem(contract, document)).toBe(expected);
  });
});
