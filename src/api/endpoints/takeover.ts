import { z } from "@hono/zod-openapi";
import { rejected } from "../../contracts/index.ts";
import { handOver, type NamedSuccessor, takeOver } from "../../worker/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { storableInput } from "../storable-input.ts";
import { pid, ttl } from "../wire/lease-holder.ts";
import { jsonObject, name, said, time, timeOf } from "../wire/parts.ts";
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
    /** `STALE_HANDOFF`: the package was older than the record, which was followed. */
    warnings: z.array(z.string()).readonly(),
    /** Who holds the run by token from then on; null where the next worker does. */
    successor_thread_id: z.string().nullable(),
    /** What a named successor holds the run by; each token is shown this once. */
    leases: z
      .array(z.strictObject({ lane: name, step_id: name, epoch: z.int(), expiry: time, lease_token: z.string() }))
      .readonly(),
  })
  .openapi("TakeoverOutcome");

const successor = z.strictObject({
  thread_id: name,
  host_id: name,
  pid,
  ttl_seconds: ttl,
});

const candidates = z.strictObject({
  thread_ids: z.array(name).min(1).max(100),
  ttl_seconds: ttl,
});

const successorOf = (asked: z.output<typeof successor>): NamedSuccessor => ({
  threadId: asked.thread_id,
  hostId: asked.host_id,
  pid: asked.pid,
  ttlSeconds: asked.ttl_seconds,
});

export const takeoverEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/takeover",
  summary: "Look at a run's holder, and take the run from it where that is due",
  description:
    "`force` takes it whatever its holder does, `veto` leaves it; both are recorded with the principal and the reason. The old holder is fenced at once. " +
    "A named successor holds the run by token from then on, or of several candidates the first by name of which something was heard " +
    "lately; without one the next worker goes on.",
  needs: ["administer"],
  // Answered again from the record for the same successor, which no stored answer could be: tokens are stored nowhere.
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({
      override: z.enum(["force", "veto"]).optional(),
      reason: said.default(""),
      /** Take it only from the holder of this epoch. */
      epoch: z.int().min(0).optional(),
      successor: successor.optional(),
      /** Of these, the first by name that holds a lease and gave a sign of life lately; in the place of `successor`. */
      candidates: candidates.optional(),
      /** The handoff package to apply, in the place of what the holder left. */
      handoff: jsonObject.optional(),
    }),
  },
  statuses: { 200: "what was decided, and done" },
  answer: outcome,
  async handle({ installation, caller, nudge }, { params, body }) {
    const { tenantId, principalId: by } = caller;
    const { override: kind, epoch: fromEpoch = null, handoff = null } = body;
    if (body.successor !== undefined && body.candidates !== undefined)
      return rejected({ code: "REQUEST_INVALID", message: "a successor is named, or chosen among candidates" });
    const to = body.successor === undefined ? null : successorOf(body.successor);
    const among =
      body.candidates === undefined
        ? null
        : { among: body.candidates.thread_ids, ttlSeconds: body.candidates.ttl_seconds };
    const storable = storableInput({ thread: to?.threadId ?? "", host: to?.hostId ?? "" }, null);
    if (!storable.ok) return storable;
    const override = kind === undefined ? null : { kind, reason: body.reason };
    const asked = { tenantId, runId: params.run_id, by, override, fromEpoch, successor: to ?? among, handoff };
    const done = await takeOver(installation, asked);
    if (!done.ok) return done;
    nudge();
    const { takeover, leases, ...decision } = done.value;
    return reply({
      ...decision,
      takeover: takeover === null ? null : { ...takeover, takeover_at: timeOf(takeover.takeover_at) },
      leases: leases.map((lease) => ({ ...lease, expiry: timeOf(lease.expiry) })),
    });
  },
});

const texts = z.array(z.string()).readonly();

const handoffPackage = z
  .strictObject({
    schema_version: z.literal("1.0.0"),
    task_id: name,
    run_id: name,
    current_step: z.string().nullable(),
    open_acceptance_items: z.array(z.strictObject({ step_id: name, criterion: z.string() })).readonly(),
    evidence_paths: texts,
    next_action: z.enum(["resume", "complete"]),
    resumable_step_ids: texts,
    skipped_step_ids: texts,
    step_status: z.strictObject({ accepted: texts, failed: texts, pending: texts }),
    created_at: z.string(),
    package_hash: z.string(),
    epoch: z.int().optional(),
    checkpoint_id: z.string().optional(),
    /** The last event that its maker knew of. */
    event_seq: z.int().optional(),
    pending_approvals: texts.optional(),
  })
  .openapi("HandoffPackage");

export const handoffEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/handoff",
  summary: "Make the package that a run's holder leaves to the next one",
  description: "It is kept, and applied by the next takeover of the run unless that one brings another.",
  needs: ["operate"],
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({
      include_accepted: z.boolean().default(false),
      /** In the place of where in the run's document the outcomes of its steps will stand. */
      evidence_paths: z.array(name).max(100).optional(),
    }),
  },
  statuses: { 200: "the package" },
  answer: handoffPackage,
  async handle({ installation, caller }, { params, body }) {
    const paths = body.evidence_paths ?? null;
    const storable = storableInput({ paths }, null);
    if (!storable.ok) return storable;
    const made = await handOver(installation, {
      tenantId: caller.tenantId,
      runId: params.run_id,
      by: caller.principalId,
      madeFor: "demand",
      includeAccepted: body.include_accepted,
      evidencePaths: paths,
    });
    return made.ok ? reply(made.value) : made;
  },
});
