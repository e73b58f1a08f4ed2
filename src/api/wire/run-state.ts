import { z } from "@hono/zod-openapi";
import type { Instant } from "../../contracts/index.ts";
import type { Lane, LanePhase, RunState } from "../../run/index.ts";
import { time, timeOrNull } from "./parts.ts";

/** A path of a run and where it stands; null for what its phase does not have. */
export const lane = z
  .strictObject({
    lane: z.string(),
    step: z.string().nullable(),
    phase: z.enum([
      "ready",
      "retry",
      "asking",
      "interrupted",
      "approval",
      "waiting",
      "branching",
      "unknown",
      "succeeded",
      "failed",
      "ignored",
      "cancelled",
    ]),
    attempt: z.int().nullable(),
    /** When time alone would move it on. */
    until: time.nullable(),
    approval_id: z.string().nullable(),
    event_type: z.string().nullable(),
    code: z.string().nullable(),
  })
  .openapi("Lane");

export const step = z
  .strictObject({
    status: z.enum(["succeeded", "failed", "compensated", "compensation_failed"]),
    lane: z.string(),
    order: z.int(),
    attempts: z.int(),
    receipt_id: z.string().nullable(),
  })
  .openapi("Step");

export const countersSchema = z
  .strictObject({
    steps: z.int(),
    tool_calls: z.int(),
    tool_calls_per_type: z.record(z.string(), z.int()),
    tokens: z.int(),
    active_ms: z.number(),
  })
  .openapi("Counters");

export const laneView = ({ id, step, phase }: Lane): z.output<typeof lane> => ({
  lane: id,
  step,
  phase: phase.kind,
  attempt: "attempt" in phase ? phase.attempt : null,
  until: timeOrNull(untilOf(phase)),
  approval_id: "approval_id" in phase ? phase.approval_id : null,
  event_type: "event_type" in phase ? phase.event_type : null,
  code: "code" in phase ? phase.code : null,
});

function untilOf(phase: LanePhase): Instant | null {
  switch (phase.kind) {
    case "retry":
      return phase.at;
    case "approval":
      return phase.timeout_at;
    case "waiting":
      return phase.poll_at ?? phase.until;
    case "unknown":
      return phase.look_at;
    case "ready":
    case "asking":
    case "interrupted":
    case "branching":
    case "succeeded":
    case "failed":
    case "ignored":
    case "cancelled":
      return null;
  }
}

export const countersView = ({ counters }: RunState): z.output<typeof countersSchema> => ({
  ...counters,
  tool_calls_per_type: { ...counters.tool_calls_per_type },
});
