import { z } from "@hono/zod-openapi";
import { takeOver } from "../../worker/index.ts";
import { currentControl } from "../control.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { storableInput } from "../storable-input.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { RUN_ID } from "./runs.ts";

const outcome = z
  .strictObject({
    action: z.enum(["TAKEOVER", "OBSERVE"]),
    decision_reason_code: z.string(),
    heartbeat_status: z.string(),
    lease_reason_code: z.string(),
    /** What was done; null where the run was left to its holder. */
    takeover: z
      .strictObject({
        task_id: name,
        run_id: name,
        takeover_at: time,
        adopted_step_ids: z.array(z.string()).readonly(),
        failed_step_ids: z.array(z.string()).readonly(),
      })
      .nullable(),
    handoff_applied: z.boolean(),
    handoff_resume_step_id: z.string().nullable(),
  })
  .openapi("TakeoverOutcome");

export const takeoverEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/takeover",
  summary: "Look at a run's holder, and take the run from it where that is due",
  description:
    "`force` takes it whatever its holder does, `veto` leaves it; both are recorded with the principal and the reason. The old holder is fenced at once, and the next worker goes on.",
  needs: ["administer"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({
      override: z.enum(["force", "veto"]).optional(),
      reason: z.string().max(1_000).default(""),
      /** Take it only from the holder of this epoch. */
      epoch: z.int().min(0).optional(),
    }),
  },
  statuses: { 200: "what was decided, and done" },
  answer: outcome,
  async handle({ installation, caller, nudge }, { params, body }) {
    const { tenantId, principalId: by } = caller;
    const control = await currentControl(installation, tenantId);
    const reason = storableInput({ reason: body.reason }, null, control.secrets.tokenKey);
    if (!reason.ok) return reason;
    const { override: kind, epoch: fromEpoch = null } = body;
    const override = kind === undefined ? null : { kind, reason: String(reason.value.reason) };
    const done = await takeOver(installation, { tenantId, runId: params.run_id, by, override, fromEpoch });
    if (!done.ok) return done;
    nudge();
    const { takeover, ...decision } = done.value;
    return reply({
      ...decision,
      takeover: takeover === null ? null : { ...takeover, takeover_at: timeOf(takeover.takeover_at) },
    });
  },
});
