import { z } from "@hono/zod-openapi";
import type { Result } from "../../contracts/index.ts";
import {
  type BetaActor,
  type BetaStanding,
  betaStanding,
  disableBeta,
  enableBeta,
  reportIncident,
} from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { digest, name, reason, time, timeOf } from "../wire/parts.ts";
import { hold, holdView } from "./environments.ts";

const standing = z
  .strictObject({
    /** Whether the beta of extensions is on (`beta.enabled`). */
    enabled: z.boolean(),
    /** Whether extensions may preview and not apply. */
    preview_only: z.boolean(),
    /** What the last recorded signoff said; null where there is none. */
    signoff: z
      .strictObject({
        verdict: z.enum(["GO", "NO-GO"]),
        evaluation_id: name,
        report_sha256: digest,
        window_start: time,
        decided_at: time,
        valid_until: time,
      })
      .nullable(),
    hold: hold.nullable(),
  })
  .openapi("Beta");

function standingView({ beta, hold: held }: BetaStanding): z.output<typeof standing> {
  if (beta === undefined)
    return {
      enabled: false,
      preview_only: held !== undefined,
      signoff: null,
      hold: held === undefined ? null : holdView(held),
    };
  const { enabled, window_start, decided_at, valid_until, ...signoff } = beta;
  return {
    enabled,
    preview_only: held !== undefined,
    signoff: {
      ...signoff,
      window_start: timeOf(window_start),
      decided_at: timeOf(decided_at),
      valid_until: timeOf(valid_until),
    },
    hold: held === undefined ? null : holdView(held),
  };
}

export const showBetaEndpoint = endpoint({
  method: "get",
  path: "/v1/beta",
  summary: "Show where the beta of extensions stands: its last signoff, whether it is on, and what holds it",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "where it stands" },
  answer: standing,
  async handle({ installation, caller }) {
    return reply(standingView(await inTenant(installation.database, caller.tenantId, betaStanding)));
  },
});

export const enableBetaEndpoint = endpoint({
  method: "post",
  path: "/v1/beta/enable",
  summary: "Turn the beta of extensions on, quoting the report of its last signoff, which has to say GO and still hold",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, body: z.strictObject({ report_sha256: digest }) },
  statuses: { 200: "it is on" },
  answer: standing,
  handle: (call, { body }) => acted(call, (actor) => enableBeta(actor, body.report_sha256)),
});

export const disableBetaEndpoint = endpoint({
  method: "post",
  path: "/v1/beta/disable",
  summary: "Turn the beta of extensions off",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, body: z.strictObject({ reason }) },
  statuses: { 200: "it is off" },
  answer: standing,
  handle: (call, { body }) =>
    acted(call, async (actor) => ({ ok: true, value: await disableBeta(actor, body.reason) })),
});

export const reportBetaIncidentEndpoint = endpoint({
  method: "post",
  path: "/v1/beta/incidents",
  summary: "Report what must never happen; while the beta is on, that turns it off at once and holds it",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({
      kind: z.enum(["policy_violation", "failed_terminal", "approval_bypass"]),
      channel: z.enum(["prod_traffic", "controlled_fixture"]).default("prod_traffic"),
      /** Where it is recorded, such as an event's id. */
      evidence: reason,
    }),
  },
  statuses: { 201: "it is recorded; `hold` says whether it holds the beta" },
  answer: standing,
  handle: (call, { body }) =>
    acted(call, async (actor) => ({ ok: true, value: await reportIncident(actor, body) }), 201),
});

/** Acts in one transaction. What it changes counts from the next commit of each run, here and in other processes. */
async function acted(
  { installation, caller }: Call,
  act: (actor: BetaActor) => Promise<Result<BetaStanding>>,
  status = 200,
) {
  const { tenantId, principalId: by } = caller;
  const done = await inTenant(installation.database, tenantId, (sql) =>
    act({ ports: installation, sql, tenantId, by }),
  );
  return done.ok ? reply(standingView(done.value), status) : done;
}
