import { z } from "@hono/zod-openapi";
import { after, type Instant, rejected } from "../../contracts/index.ts";
import { renewalOf } from "../../gate/index.ts";
import {
  approveWaiver,
  ENVELOPE,
  findWaiver,
  listWaivers,
  pastWaivers,
  requestWaiver,
  revokeWaiver,
  type StoredWaiver,
} from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { findPolicy } from "../known-policies.ts";
import { json, limit, name, nextOf, reason, said, timeOf } from "../wire/parts.ts";
import { waiver, waiverActions, waiverState, waiverView, waiverWithActions } from "../wire/waiver.ts";

const ONE = z.strictObject({ waiver_id: name });

export const requestWaiverEndpoint = endpoint({
  method: "post",
  path: "/v1/waivers",
  summary: "Ask that one gate may be missed for a while: by one decision's subject, in named places",
  description:
    "Name the recorded evaluation because of which you ask: it brings the policy, the subject, the measured value, and its gates say " +
    "whether there is something to waive. Or give the policy itself. Nothing is waived before it is approved. What a decision " +
    "would reject is refused here, with the field and, in `details.rule`, the code of the decision.",
  needs: ["operate"],
  idempotent: true,
  request: {
    ...NOTHING,
    body: z.strictObject({
      evaluation: name.nullable().default(null),
      policy: z.string().min(1).nullable().default(null),
      /** A row of the decision, exactly. */
      gate: name,
      subject: z.string().min(1).max(200).nullable().default(null),
      measured_value: z.string().nullable().default(null),
      /** 20 to 500 characters. */
      reason: said,
      /** `issue_ref`, `owner` and `due_at`, which is no later than `expires_at`. */
      remediation: json,
      /** `branches`, `environments`, `profiles`, and `commits` where it is only for some. */
      scope: json,
      expires_at: z.string(),
    }),
  },
  statuses: { 201: "it waits for its approvals" },
  answer: waiver,
  async handle(call, { body }) {
    const { installation, caller } = call;
    const { measured_value: measuredValue, expires_at: expiresAt, ...rest } = body;
    const asked = { ...rest, measuredValue, expiresAt, tenantId: caller.tenantId, by: caller.principalId };
    const made = await requestWaiver(installation, asked);
    return made.ok ? reply(waiverView(made.value, installation.host.clock.now()), 201) : made;
  },
});

const word = z.string().optional();

/** Longer than any waiver may hold. */
const EXPIRING_SECONDS_MAX = 366 * 86_400;

export const listWaiversEndpoint = endpoint({
  method: "get",
  path: "/v1/waivers",
  summary: "List waivers, newest first",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({
      state: waiverState.optional(),
      policy: word,
      gate: word,
      subject: word,
      /** Only what is not over yet and will be within so many seconds. */
      expiring_seconds: z.coerce.number().int().min(1).max(EXPIRING_SECONDS_MAX).optional(),
      before: word,
      limit,
    }),
  },
  statuses: { 200: "a page of waivers; `next` is the `before` of the next page" },
  answer: z.strictObject({ waivers: z.array(waiver).readonly(), next: z.string().nullable() }),
  async handle({ installation, caller }, { query }) {
    const at = installation.host.clock.now();
    const {
      state = null,
      policy = null,
      gate = null,
      subject = null,
      before = null,
      expiring_seconds,
      limit: rows,
    } = query;
    const endsBefore = expiring_seconds === undefined ? null : after(at, expiring_seconds * 1000);
    const filter = { at, state, policy, gate, subject, endsBefore, before, limit: rows };
    const waivers = await inTenant(installation.database, caller.tenantId, (sql) => listWaivers(sql, filter));
    return reply({
      waivers: waivers.map((one) => waiverView(one, at)),
      next: nextOf(waivers, rows, ({ waiver_id }) => waiver_id),
    });
  },
});

export const showWaiverEndpoint = endpoint({
  method: "get",
  path: "/v1/waivers/{waiver_id}",
  summary: "Show a waiver: what it covers, who approved it, when it can be renewed, and what its reader may do with it",
  needs: ["read"],
  request: { ...NOTHING, params: ONE },
  statuses: { 200: "the waiver; `waiver` is what approvers sign" },
  answer: waiverWithActions,
  async handle(call, { params }) {
    const { installation, caller } = call;
    const stored = await inTenant(installation.database, caller.tenantId, (sql) => findWaiver(sql, params.waiver_id));
    if (stored === undefined)
      return rejected({ code: "WAIVER_NOT_FOUND", message: `there is no waiver \`${params.waiver_id}\`` });
    const roster = await installation.readTrust();
    if (!roster.ok) return roster;
    const now = installation.host.clock.now();
    return reply({
      ...waiverView(stored, now),
      ...waiverActions(stored, caller, { roster: roster.value, now }),
      renewal: await renewal(call, stored, now),
    });
  },
});

/** Of a waiver that was in force, by its policy. */
async function renewal({ installation, caller }: Call, { waiver: terms, in_force_at }: StoredWaiver, now: Instant) {
  if (in_force_at === null || terms.policy === undefined) return null;
  const { id, digest } = terms.policy;
  const known = await findPolicy(installation, caller.tenantId, digest);
  if (!known.ok) return null;
  const history = await inTenant(installation.database, caller.tenantId, (sql) =>
    pastWaivers(sql, { policy: id, at: now }),
  );
  const found = renewalOf(terms, { policy: known.value.policy, history, now });
  return found === null ? null : { from: timeOf(found.from), seconds_max: found.secondsMax };
}

export const approveWaiverEndpoint = endpoint({
  method: "post",
  path: "/v1/waivers/{waiver_id}/approve",
  summary: "Approve a waiver by a signed statement; the last approval that is missing puts it in force",
  description:
    "The envelope is a DSSE envelope with an in-toto statement of type `https://countermark.dev/waiver_approval/v1` about the waiver's " +
    "terms, signed with a key that the installation's roster gives the role `approver` and names as the caller's own.",
  needs: ["approve"],
  idempotent: true,
  request: { ...NOTHING, params: ONE, body: z.strictObject({ envelope: ENVELOPE }) },
  statuses: { 200: "it is recorded with what was signed" },
  answer: waiver,
  async handle(call, { params, body }) {
    const { installation, caller } = call;
    const roster = await installation.readTrust();
    if (!roster.ok) return roster;
    const approved = await approveWaiver(installation, {
      ...actOf(call, params.waiver_id),
      isPerson: caller.kind === "person",
      envelope: body.envelope,
      roster: roster.value,
    });
    return approved.ok ? reply(waiverView(approved.value, installation.host.clock.now())) : approved;
  },
});

export const revokeWaiverEndpoint = endpoint({
  method: "post",
  path: "/v1/waivers/{waiver_id}/revoke",
  summary: "Take a waiver back: no decision uses it from now on, and no promotion a decision that did",
  needs: ["operate", "approve"],
  idempotent: true,
  request: { ...NOTHING, params: ONE, body: z.strictObject({ reason }) },
  statuses: { 200: "it is over" },
  answer: waiver,
  async handle(call, { params, body }) {
    const { installation } = call;
    const revoked = await revokeWaiver(installation, { ...actOf(call, params.waiver_id), reason: body.reason });
    return revoked.ok ? reply(waiverView(revoked.value, installation.host.clock.now())) : revoked;
  },
});

const actOf = ({ caller }: Call, waiverId: string) => ({
  tenantId: caller.tenantId,
  by: caller.principalId,
  waiverId,
});
