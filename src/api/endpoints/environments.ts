import { z } from "@hono/zod-openapi";
import { assert, parseInstant, type Result, rejected } from "../../contracts/index.ts";
import { judgingPolicyIn } from "../../gate/index.ts";
import { findTenant } from "../../guard/index.ts";
import { readStream } from "../../ledger/index.ts";
import {
  activeHolds,
  allSettings,
  type CanaryRow,
  type Correction,
  currentOf,
  ENVIRONMENTS,
  endHold,
  HOLD_SCOPES,
  type Hold,
  heldBundles,
  judgeHealth,
  placeHold,
  previewPromotion,
  promote,
  readPromotionSource,
  runningCanaries,
  servedOf,
  settingsOf,
  stepOf,
  streamOf,
} from "../../release/index.ts";
import { inTenant } from "../../store/index.ts";
import { canaryPolicy } from "../canary-policy.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { promotionPolicy } from "../promotion-policy.ts";
import { judgePutBack, putBack } from "../put-back.ts";
import { environmentAction, environmentActions } from "../wire/environment-actions.ts";
import { afterSeq, digest, jsonObject, limit, name, nextOf, reason, time, timeOf, timeOrNull } from "../wire/parts.ts";
import {
  actOf,
  check,
  ENVIRONMENT,
  environment,
  health,
  judged,
  move,
  moved,
  settings,
  steps,
} from "./environment-acts.ts";

const held = z
  .strictObject({ bundle_id: name, root_digest: digest, label: z.string(), health, seq: z.int() })
  .openapi("HeldBundle");

const canary = z
  .strictObject({
    bundle_id: name,
    /** What the other new runs start on. */
    baseline_bundle_id: name,
    /** Of the new runs. */
    share_percent: z.int(),
    step: z.int(),
    steps,
    step_since: time,
    started_at: time,
    next_look_at: time,
    looks: z.int(),
    /** Since when it gets too few runs; the environment is held. */
    stalled_at: time.nullable(),
  })
  .openapi("Canary");

const standing = z
  .strictObject({
    environment,
    /** Null where it holds nothing. */
    bundle: held.nullable(),
    /** Whether the tenant's runtime runs it: the furthest environment that holds a bundle. */
    served: z.boolean(),
    /** What it held before, newest first. */
    before: z.array(held).readonly(),
    /** Null where no bundle is being tried. */
    canary: canary.nullable(),
    settings,
    /** What a rollback would put it back onto; null where nothing is to be gone back to. */
    rollback_to: name.nullable(),
    /** What the reader may do with it, and if not, why. */
    actions: z.array(environmentAction).readonly(),
  })
  .openapi("Environment");

export const hold = z
  .strictObject({
    hold_id: name,
    scope: z.enum(HOLD_SCOPES),
    reason: z.string(),
    placed_by: z.string(),
    placed_at: time,
    /** What has to be mended before it is lifted (`signoff.hold.v1`); null where a person's word lifts it. */
    basis: jsonObject.nullable(),
  })
  .openapi("Hold");

/** A hold as it is answered. */
export const holdView = ({ placed_at, basis, ...rest }: Hold): z.output<typeof hold> => ({
  ...rest,
  placed_at: timeOf(placed_at),
  basis: basis === null ? null : JSON.parse(basis),
});

export const listEnvironmentsEndpoint = endpoint({
  method: "get",
  path: "/v1/environments",
  summary: "List the environments with the bundles that they hold, and the holds in force",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "every environment, in the order in which bundles pass through them" },
  answer: z.strictObject({ environments: z.array(standing).readonly(), holds: z.array(hold).readonly() }),
  async handle({ installation, caller }) {
    return inTenant(installation.database, caller.tenantId, async (sql) => {
      const all = await heldBundles(sql);
      const holds = await activeHolds(sql);
      const served = servedOf(all);
      const canaries = await runningCanaries(sql);
      const tenant = await findTenant(sql);
      assert(tenant !== undefined, "a key's tenant exists");
      const set = await allSettings(sql);
      const environments = ENVIRONMENTS.map((one) => {
        const current = currentOf(all, one);
        const before = all.filter((bundle) => bundle.environment === one && !bundle.is_current).slice(0, BEFORE_MAX);
        return {
          environment: one,
          bundle: current === undefined ? null : heldView(current),
          served: one === served,
          before: before.map(heldView),
          canary: canaryView(canaries.find((canary) => canary.environment === one)),
          settings: settingsOf(one, tenant.mode, set.get(one) ?? {}),
          ...environmentActions({ environment: one, held: all, canaries }, caller),
        };
      });
      return reply({ environments, holds: holds.map(holdView) });
    });
  },
});

/** Earlier bundles that are listed of an environment; its stream has all. */
const BEFORE_MAX = 20;

const canaryView = (row: CanaryRow | undefined) =>
  row === undefined
    ? null
    : {
        bundle_id: row.bundle_id,
        baseline_bundle_id: row.baseline_bundle_id,
        share_percent: stepOf(row).share_percent,
        step: row.step,
        steps: row.steps,
        step_since: timeOf(row.step_since),
        started_at: timeOf(row.started_at),
        next_look_at: timeOf(row.next_look_at),
        looks: row.looks,
        stalled_at: timeOrNull(row.stalled_at),
      };

const heldView = (bundle: Awaited<ReturnType<typeof heldBundles>>[number]) => ({
  bundle_id: bundle.bundle_id,
  root_digest: bundle.root_digest,
  label: bundle.label,
  health: bundle.health,
  seq: bundle.last_seq,
});

export const environmentHistoryEndpoint = endpoint({
  method: "get",
  path: "/v1/environments/{environment}/history",
  summary: "Read the moves of an environment, as its hash-chained stream records them",
  needs: ["read"],
  request: { ...NOTHING, params: ENVIRONMENT, query: z.strictObject({ after: afterSeq, limit }) },
  statuses: { 200: "a page of moves; `next` is the `after` of the next page" },
  answer: z.strictObject({
    moves: z
      .array(
        z.strictObject({
          seq: z.int(),
          type: z.string(),
          at: time,
          actor: z.string(),
          hash: digest,
          payload: jsonObject,
        }),
      )
      .readonly(),
    next: z.int().nullable(),
  }),
  async handle({ installation, caller }, { params, query }) {
    const events = await inTenant(installation.database, caller.tenantId, (sql) =>
      readStream(sql, streamOf(params.environment), query.after, query.limit),
    );
    const moves = events.map(({ seq, type, at, actor, hash, payload }) => ({
      seq,
      type,
      at: timeOf(at),
      actor,
      hash,
      payload: JSON.parse(payload ?? "{}"),
    }));
    return reply({ moves, next: nextOf(moves, query.limit, ({ seq }) => seq) });
  },
});

export const previewPromotionEndpoint = endpoint({
  method: "get",
  path: "/v1/environments/{environment}/promotion-preview",
  summary: "See what a promotion would come to: every check, as of now; nothing moves",
  needs: ["read"],
  request: { ...NOTHING, params: ENVIRONMENT, query: z.strictObject({ bundle_id: name }) },
  statuses: { 200: "every check, passed or not" },
  answer: z
    .strictObject({
      environment,
      bundle_id: name,
      root_digest: digest,
      previous_bundle_id: name.nullable(),
      checks: z.array(check).readonly(),
      /** What its notes say that would not be so there; it keeps nothing back. */
      warning: z.string().nullable(),
      /** How it would be tried, where the environment always does that; null where every new run would start on it. */
      canary: z.strictObject({ baseline_bundle_id: name, steps }).nullable(),
    })
    .openapi("PromotionPreview"),
  async handle({ installation, caller }, { params, query }) {
    const roster = await installation.readTrust();
    if (!roster.ok) return roster;
    const ports = { ...installation, roster: roster.value };
    const { environment } = params;
    const asked = { tenantId: caller.tenantId, environment, bundleId: query.bundle_id, source: null };
    const seen = await previewPromotion(ports, asked);
    return seen.ok ? reply({ ...seen.value }) : seen;
  },
});

export const promoteEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/promote",
  summary: "Put an environment onto a bundle, if every check of the promotion passes",
  description:
    "Give the bundle's text, or the id of one that was promoted before. The policies that it pins have to have said GO in " +
    "evaluations recorded about its root digest; dev needs none. Where " +
    "the environment is the furthest that holds a bundle, new runs start on the bundle's pack.",
  needs: ["administer"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: ENVIRONMENT,
    body: z.strictObject({
      bundle: z.string().min(1).optional(),
      bundle_id: name.optional(),
      /** Try it on a share of the new runs first; where the environment always does, it is tried anyway. */
      canary: z.boolean().default(false),
      /** The gate policy that judges it then; the one of the program where none is given. */
      canary_policy: z.string().min(1).optional(),
      /** Which run built it, as its pipeline wrote it down (`release_bundle_promotion_source.json`). */
      source: jsonObject.nullable().default(null),
    }),
  },
  statuses: { 200: "the environment holds the bundle" },
  answer: move,
  async handle(call, { params, body }) {
    const bundle = bundleIn(body);
    if (!bundle.ok) return bundle;
    const policy = body.canary_policy ?? (await canaryPolicy());
    const read = judgingPolicyIn(policy);
    if (!read.ok) return read;
    const decides = await promotionPolicy();
    if (!decides.ok) return decides;
    const source = body.source === null ? null : readPromotionSource(body.source);
    if (source?.ok === false) return source;
    return moved(call, (ports) =>
      promote(ports, {
        ...actOf(call, params.environment),
        bundle: bundle.value,
        policy: decides.value,
        source: source?.value ?? null,
        canary: { policy, isAsked: body.canary },
      }),
    );
  },
});

type Asked = { readonly bundle?: string | undefined; readonly bundle_id?: string | undefined };

function bundleIn({ bundle, bundle_id }: Asked): Result<{ readonly bytes: Uint8Array } | { readonly id: string }> {
  if (bundle !== undefined && bundle_id === undefined)
    return { ok: true, value: { bytes: new TextEncoder().encode(bundle) } };
  if (bundle === undefined && bundle_id !== undefined) return { ok: true, value: { id: bundle_id } };
  return rejected({ code: "REQUEST_INVALID", message: "give either `bundle` or `bundle_id`", field_path: "$.bundle" });
}

/** The bundle that the environment was seen to hold: where it holds another by now, nothing is done. Not asked where nobody looked. */
const seen = name.nullable().default(null);

export const rollbackEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/rollback",
  summary: "Put an environment back onto the last bundle that did well there, and mark the present one as bad",
  needs: ["administer"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: ENVIRONMENT,
    body: z.strictObject({
      reason,
      seen,
      bundle_id: name.nullable().default(null),
      /** Of what happened, elsewhere. */
      incident_ref: name.nullable().default(null),
    }),
  },
  statuses: {
    200: "the environment holds the earlier bundle; `report.status` says whether the gate agrees, and the environment is held where not",
  },
  answer: move.extend(judged.shape),
  handle: (call, { params, body }) =>
    moved(call, (ports) =>
      putBack(ports, {
        ...actOf(call, params.environment),
        reason: body.reason,
        seen: body.seen,
        bundleId: body.bundle_id,
        incidentRef: body.incident_ref,
      }),
    ),
});

export const judgeRollbackEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/rollback/judge",
  summary: "Judge the last rollback again, by what the ledger holds now: where it is complete, its hold is over",
  description:
    "One that is complete stays so: nothing is recorded then. The environment must not have been moved since.",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: ENVIRONMENT },
  statuses: { 200: "`report.status` says whether it is complete; while it is not, the environment is held" },
  answer: judged,
  handle: (call, { params }) => moved(call, (ports) => judgePutBack(ports, actOf(call, params.environment))),
});

export const environmentHealthEndpoint = endpoint({
  method: "post",
  path: "/v1/environments/{environment}/health",
  summary: "Say how the bundle that an environment holds does there",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, params: ENVIRONMENT, body: z.strictObject({ health: z.enum(["good", "bad"]), reason, seen }) },
  statuses: { 200: "it is recorded; what is bad stays bad" },
  answer: z.strictObject({ bundle_id: name, health }),
  handle: (call, { params, body }) =>
    moved(call, (ports) => judgeHealth(ports, { ...actOf(call, params.environment), ...body })),
});

export const placeHoldEndpoint = endpoint({
  method: "post",
  path: "/v1/holds",
  summary: "Keep promotions out of an environment or out of all, or extensions from applying; rollbacks stay possible",
  needs: ["administer"],
  idempotent: true,
  request: { ...NOTHING, body: z.strictObject({ scope: z.enum(HOLD_SCOPES), reason }) },
  statuses: { 201: "it is in force" },
  answer: hold,
  async handle({ installation, caller }, { body }) {
    const placed = await placeHold(installation, { ...body, tenantId: caller.tenantId, by: caller.principalId });
    return reply(holdView(placed), 201);
  },
});

export const liftHoldEndpoint = endpoint({
  method: "post",
  path: "/v1/holds/{hold_id}/lift",
  summary: "End a hold",
  needs: ["administer"],
  idempotent: true,
  request: {
    ...NOTHING,
    params: z.strictObject({ hold_id: name }),
    body: z.strictObject({
      reason,
      /** Where it rests on a signoff: that what each gate found was mended, when, and how that is known. */
      corrections: z
        .array(z.strictObject({ gate_id: name, corrected_at: time, evidence: reason }))
        .max(200)
        .default([]),
    }),
  },
  statuses: { 200: "it is over" },
  answer: z.strictObject({ hold_id: name }),
  async handle({ installation, caller }, { params, body }) {
    const { tenantId, principalId: by } = caller;
    const corrections: Correction[] = [];
    for (const [index, one] of body.corrections.entries()) {
      const at = parseInstant(one.corrected_at);
      const field_path = `$.corrections[${index}].corrected_at`;
      if (at === undefined)
        return rejected({ code: "REQUEST_INVALID", message: `\`${field_path}\`: is no instant`, field_path });
      corrections.push({ ...one, corrected_at: at });
    }
    const lifted = await endHold(installation, {
      tenantId,
      by,
      reason: body.reason,
      holdId: params.hold_id,
      corrections,
    });
    return lifted.ok ? reply(lifted.value) : lifted;
  },
});
