import { statusMachine } from "../contracts/index.ts";
import type { LanePhase, RunStatus } from "./state.ts";

const ENDED = ["SUCCEEDED", "FAILED_EXPECTED", "FAILED_UNEXPECTED", "CANCELLED"] as const;

/**
 * Where a run's status may go, from one commit to the next: several transitions may lie in between, but one that has begun is not
 * pending again, and an ended run stays ended. Only where its last outcome left a change of an entity that the database refuses is
 * an ended run held for a person, and ends again. The table `run` holds the same.
 */
export const RUN_MACHINE = statusMachine<RunStatus>(
  { name: "a run", version: "1.1.0" },
  {
    PENDING: ["RUNNING", "SUSPENDED_HITL", "SUSPENDED_WAIT", "COMPENSATING", "BLOCKED", ...ENDED],
    RUNNING: ["SUSPENDED_HITL", "SUSPENDED_WAIT", "COMPENSATING", "BLOCKED", ...ENDED],
    SUSPENDED_HITL: ["RUNNING", "SUSPENDED_WAIT", "COMPENSATING", "BLOCKED", ...ENDED],
    SUSPENDED_WAIT: ["RUNNING", "SUSPENDED_HITL", "COMPENSATING", "BLOCKED", ...ENDED],
    COMPENSATING: ["RUNNING", "SUSPENDED_HITL", "SUSPENDED_WAIT", "BLOCKED", ...ENDED],
    BLOCKED: ["RUNNING", "SUSPENDED_HITL", "SUSPENDED_WAIT", "COMPENSATING", ...ENDED],
    SUCCEEDED: ["BLOCKED"],
    FAILED_EXPECTED: ["BLOCKED"],
    FAILED_UNEXPECTED: ["BLOCKED"],
    CANCELLED: ["BLOCKED"],
  },
);

/** Where a step may go that a lane stands at, event by event. A lane that goes on stands at another step. */
export const STEP_MACHINE = statusMachine<LanePhase["kind"]>(
  { name: "a step", version: "1.0.0" },
  {
    ready: ["retry", "interrupted", "approval", "waiting", "branching", "unknown", "succeeded", "failed", "cancelled"],
    retry: ["approval", "unknown", "succeeded", "failed", "cancelled"],
    asking: ["approval", "cancelled"],
    interrupted: ["ready", "failed", "cancelled"],
    approval: ["ready", "failed", "cancelled"],
    waiting: ["succeeded", "failed", "cancelled"],
    branching: ["succeeded", "failed", "cancelled"],
    unknown: ["retry", "succeeded", "failed", "cancelled"],
    failed: ["ignored", "cancelled"],
    succeeded: [],
    ignored: [],
    cancelled: [],
  },
);
