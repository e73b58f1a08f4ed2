import { z } from "@hono/zod-openapi";
import type { Instant } from "../../contracts/index.ts";
import { unsettledEvents } from "../../ingress/index.ts";
import { inTenant } from "../../store/index.ts";
import { type HeldRun, newestTakeovers, runsByToken, runsInMotion, type TokenHold } from "../../worker/index.ts";
import { endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { limit, name, time, timeOf, timeOrNull } from "../wire/parts.ts";
import { runStatus } from "../wire/run-summary.ts";
import { takeover, takeoverProofs } from "../wire/takeovers.ts";

/* What is held, by whom, and what waits: of all runs and events of the tenant, as one run's requests say it of one. */

const RUN = { run_id: name, workflow_id: name, status: runStatus } as const;

const held = z
  .strictObject({
    ...RUN,
    /** A worker, or what a program outside called its thread. */
    holder: z.string(),
    by: z.enum(["worker", "token"]),
    /** The fencing number. */
    epoch: z.int(),
    /** When the lease ends unless it is renewed; a worker renews long before. */
    expires_at: time,
  })
  .openapi("HeldRun");

const due = z
  .strictObject({
    ...RUN,
    due_since: time,
    /** How often it was taken since it last came to rest. */
    claims: z.int(),
  })
  .openapi("DueRun");

/** Rows of each kind that one answer has. */
const HELD_MAX = 200;

const heldView = ({ now: _, claims: _claims, holder, due_at, ...row }: HeldRun): z.output<typeof held> => ({
  ...row,
  holder: holder ?? "",
  by: "worker",
  expires_at: timeOf(due_at),
});

const tokenView = ({ thread_id, expiry, ...row }: TokenHold): z.output<typeof held> => ({
  ...row,
  holder: thread_id,
  by: "token",
  expires_at: timeOf(expiry),
});

const dueView = ({ run_id, workflow_id, status, due_at, claims }: HeldRun): z.output<typeof due> => ({
  run_id,
  workflow_id,
  status,
  due_since: timeOf(due_at),
  claims,
});

export const heldRunsEndpoint = endpoint({
  method: "get",
  path: "/v1/leases",
  summary: "List who holds which run, until when; and runs that are due and that nobody has taken yet",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "up to 200 of each, the oldest runs first; times are the database's" },
  answer: z.strictObject({
    generated_at: time,
    leases: z.array(held).readonly(),
    due: z.array(due).readonly(),
  }),
  handle: ({ installation, caller }) =>
    inTenant(installation.database, caller.tenantId, async (sql) => {
      const rows = [...(await runsInMotion(sql, HELD_MAX * 2))];
      const tokens = [...(await runsByToken(sql, HELD_MAX))];
      const now: Instant = rows[0]?.now ?? installation.host.clock.now();
      const leases = [...rows.filter(({ holder }) => holder !== null).map(heldView), ...tokens.map(tokenView)];
      const waiting = rows.filter(({ holder }) => holder === null).map(dueView);
      return reply({
        generated_at: timeOf(now),
        leases: leases.slice(0, HELD_MAX),
        due: waiting.slice(0, HELD_MAX),
      });
    }),
});

/** Each has the effects that were in flight, which are looked up run by run. */
const TAKEOVERS_MAX = 20;

export const listTakeoversEndpoint = endpoint({
  method: "get",
  path: "/v1/takeovers",
  summary: "List the newest takeovers of all runs, and what shows that none did anything twice",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "up to 20, the newest first" },
  answer: z.strictObject({
    takeovers: z
      .array(
        takeover.extend({
          run_id: name,
          workflow_id: name,
          /** Of its run: what was done under two epochs; nothing, unless a guarantee was broken. */
          violations: z.int(),
        }),
      )
      .readonly(),
  }),
  handle: ({ installation, caller }) =>
    inTenant(installation.database, caller.tenantId, async (sql) => {
      const rows = [...(await newestTakeovers(sql, TAKEOVERS_MAX))];
      return reply({ takeovers: await takeoverProofs(sql, rows) });
    }),
});

const unsettled = z
  .strictObject({
    event_id: name,
    source: z.string(),
    source_event_id: z.string(),
    event_type: z.string(),
    entity_id: z.string(),
    /** RECEIVED: stored, not looked at yet; HELD_ORDERING: one before it is missing; RECONCILE_QUEUED: the provider knows better. */
    status: z.enum(["RECEIVED", "HELD_ORDERING", "RECONCILE_QUEUED"]),
    reason: z.string().nullable(),
    received_at: time,
    held_since: time.nullable(),
    /** The provider's id of the event that it waits for, where that is known. */
    waits_for: z.string().nullable(),
  })
  .openapi("UnsettledEvent");

export const unsettledEventsEndpoint = endpoint({
  method: "get",
  path: "/v1/unsettled-events",
  summary: "List what providers delivered and what is not applied: held for its turn, or to be reconciled",
  needs: ["read"],
  request: {
    ...NOTHING,
    query: z.strictObject({ status: z.enum(["RECEIVED", "HELD_ORDERING", "RECONCILE_QUEUED"]).optional(), limit }),
  },
  statuses: { 200: "events, the oldest first" },
  answer: z.strictObject({ events: z.array(unsettled).readonly() }),
  async handle({ installation, caller }, { query }) {
    const rows = await inTenant(installation.database, caller.tenantId, async (sql) => [
      ...(await unsettledEvents(sql, { status: query.status ?? null, limit: query.limit })),
    ]);
    const events = rows.map(({ processing_status, status_reason, predecessor_source_event_id, ...row }) => ({
      ...row,
      status: processing_status,
      reason: status_reason,
      received_at: timeOf(row.received_at),
      held_since: timeOrNull(row.held_since),
      waits_for: predecessor_source_event_id,
    }));
    return reply({ events });
  },
});
