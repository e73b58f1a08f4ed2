import { z } from "@hono/zod-openapi";
import { approvePromotion, SETTINGS, setSettings, streamOf } from "../../release/index.ts";
import { lookAtCanary } from "../canary.ts";
import { follow, resumedFrom } from "../follow.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { FRAMES } from "../http/event-stream.ts";
import { afterSeq, digest, name, reason, time, timeOf } from "../wire/parts.ts";
import { actOf, ENVIRONMENT, environment, moved, settings } from "./environment-acts.ts";

export const lookAtCanaryEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/canary/look",
  summary: "Judge the bundle that is being tried in an environment now, and do what follows of it",
  description:
    "Workers look by themselves. What is critical aborts at any look; everything else is decided by looks on schedule, so that " +
    "looking often does not make a good version fail. An abort is a rollback to the bundle beside it, in the same transaction.",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: ENVIRONMENT },
  statuses: { 200: "what came of it" },
  answer: z
    .strictObject({
      environment,
      bundle_id: name,
      end: z.enum(["hold", "stall", "advance", "pass", "abort"]),
      why: z.string().nullable(),
      /** Of the new runs from now on; null where the canary is over. */
      share_percent: z.int().nullable(),
      evaluation_id: name,
      decision_sha256: digest,
      /** The bundle that the environment holds now. */
      holds: name,
      guidance: z
        .strictObject({
          situation: z.string(),
          metric: z.string(),
          since: time,
          recommended_action: z.string(),
          target_bundle_id: name,
          owner_role: z.string(),
          deadline: time,
        })
        .nullable(),
    })
    .openapi("CanaryLook"),
  async handle(call, { params }) {
    const looked = await lookAtCanary(call.installation, actOf(call, params.environment));
    if (!looked.ok) return looked;
    call.nudge();
    return reply({ ...looked.value, environment: params.environment });
  },
});

export const setEnvironmentEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/settings",
  summary: "Set what an environment asks of those who move it; what is not given stays as it is",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: ENVIRONMENT, body: SETTINGS },
  statuses: { 200: "everything that it asks from now on" },
  answer: settings,
  handle: (call, { params, body }) =>
    moved(call, (ports) => setSettings(ports, { ...actOf(call, params.environment), settings: body })),
});

export const followEnvironmentEndpoint = endpoint({
  method: "get",
  path: "/v1/environments/{environment}/stream",
  summary: "Follow an environment live: moves, health, looks at its canary",
  description:
    "Server-sent events `environment-event` whose id is the event's sequence number. `Last-Event-ID` resumes after that event. " +
    "The stream ends after 15 minutes: connect again, and it goes on where it was.",
  needs: ["read"],
  request: { ...NOTHING, params: ENVIRONMENT, query: z.strictObject({ after: afterSeq }) },
  statuses: { 200: "the entries, as they are committed" },
  media: "text/event-stream",
  answer: FRAMES,
  handle: (call, { params, query }) =>
    Promise.resolve(
      reply(
        follow(call, {
          stream: streamOf(params.environment),
          name: "environment-event",
          from: resumedFrom(call.header("last-event-id"), query.after),
          hasEnded: () => Promise.resolve(false),
        }),
      ),
    ),
});

export const approvePromotionEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/approvals",
  summary: "Agree that a bundle comes into an environment; state the root digest that you looked at",
  description:
    "It holds for seven days, for this environment and this digest. Nobody approves what they built or brought in.",
  needs: ["approve"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: ENVIRONMENT,
    body: z.strictObject({ bundle_id: name, root_digest: digest, statement: reason }),
  },
  statuses: { 201: "it counts from now on" },
  answer: z
    .strictObject({
      approval_id: name,
      environment,
      bundle_id: name,
      root_digest: digest,
      approver: name,
      role: name,
      statement: z.string(),
      approved_at: time,
      expires_at: time,
    })
    .openapi("PromotionApproval"),
  async handle(call, { params, body }) {
    const { installation, caller } = call;
    const roster = await installation.readTrust();
    if (!roster.ok) return roster;
    const approved = await approvePromotion(
      { ...installation, roster: roster.value },
      {
        ...actOf(call, params.environment),
        bundleId: body.bundle_id,
        rootDigest: body.root_digest,
        statement: body.statement,
        role: caller.role,
        isPerson: caller.kind === "person",
      },
    );
    if (!approved.ok) return approved;
    const { approved_at, expires_at, ...rest } = approved.value;
    return reply({ ...rest, approved_at: timeOf(approved_at), expires_at: timeOf(expires_at) }, 201);
  },
});
