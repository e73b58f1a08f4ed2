import { z } from "@hono/zod-openapi";
import { type Result, rejected } from "../../contracts/index.ts";
import { findRun } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import {
  heartbeatLease,
  type LeaseClaim,
  type LeaseRecord,
  leasesOf,
  leaseView,
  registerLease,
  releaseLease,
  renewLease,
} from "../../worker/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { storableInput } from "../storable-input.ts";
import { pid, ttl } from "../wire/lease-holder.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { RUN_ID, runNotFound } from "./runs.ts";

/*
 * Leases on a run that a program outside holds by token. A token is answered once, to who registered, and stored nowhere; so no
 * answer here is kept for an Idempotency-Key. Whose answer was lost waits for the end of its lease.
 */

const FIELDS = {
  lane: name,
  step_id: name,
  run_id: name,
  thread_id: name,
  host_id: name,
  pid: z.int(),
  /** The fencing number; every owner of a run has a higher one than the owner before. */
  epoch: z.int(),
  ttl_seconds: z.int(),
  status: z.enum(["ACTIVE", "RELEASED", "EXPIRED", "TAKEN_OVER"]),
  /** At this instant it is over. */
  expiry: time,
  last_heartbeat_at: time,
  created_at: time,
  updated_at: time,
  /** Of the lease that was taken over for this one; null for a lease that was registered. */
  predecessor_token_fp: z.string().nullable(),
} as const;

const lease = z.strictObject({ ...FIELDS, /** A fingerprint. */ lease_token: z.string() }).openapi("Lease");

const granted = z
  .strictObject({ ...FIELDS, /** What holds it; shown this once. */ lease_token: z.string() })
  .openapi("GrantedLease");

const shown = (record: LeaseRecord): z.output<typeof lease> => ({
  ...leaseView(record),
  expiry: timeOf(record.expiry),
  last_heartbeat_at: timeOf(record.last_heartbeat_at),
  created_at: timeOf(record.created_at),
  updated_at: timeOf(record.updated_at),
});

export const registerLeaseEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/leases",
  summary: "Hold a step of a run, or with the lane `controller` the run itself, by a token",
  description:
    "No worker advances a run that is held so, and every worker looks after it: who is silent for 20 minutes loses it. A lease that runs " +
    "out leaves the run to a person. Refused with E_LOCK_CONFLICT while somebody holds the step or the run.",
  needs: ["operate"],
  request: {
    ...NOTHING,
    params: RUN_ID,
    body: z.strictObject({
      lane: name.default("controller"),
      step_id: name,
      thread_id: name,
      host_id: name,
      pid,
      ttl_seconds: ttl,
    }),
  },
  statuses: { 201: "the lease with its token" },
  answer: granted,
  async handle({ installation, caller: { tenantId } }, { params: { run_id: runId }, body }) {
    const { lane, step_id: stepId, thread_id: threadId, host_id: hostId, ttl_seconds: ttlSeconds } = body;
    const storable = storableInput({ lane, stepId, threadId, hostId }, null);
    if (!storable.ok) return storable;
    const asked = { tenantId, runId, lane, stepId, threadId, hostId, pid: body.pid, ttlSeconds };
    const done = await registerLease(installation, asked);
    if (!done.ok) return done;
    return reply({ ...shown(done.value.lease), lease_token: done.value.token }, 201);
  },
});

export const listLeasesEndpoint = endpoint({
  method: "get",
  path: "/v1/runs/{run_id}/leases",
  summary: "List the leases by token that a run has and had, by epoch",
  needs: ["read"],
  request: { ...NOTHING, params: RUN_ID },
  statuses: { 200: "the leases, each token as a fingerprint" },
  answer: z.strictObject({ leases: z.array(lease).readonly() }),
  handle: ({ installation, caller }, { params: { run_id: runId } }) =>
    inTenant(installation.database, caller.tenantId, async (sql) => {
      if ((await findRun(sql, runId)) === undefined) return rejected(runNotFound(runId));
      return reply({ leases: (await leasesOf(sql, runId)).map(shown) });
    }),
});

/** What a holder shows. That a token is of another run or step is not told apart from one that is of none. */
const TOKEN = { step_id: name, lease_token: name } as const;

const HELD = { 200: "the lease as it is then" } as const;

export const heartbeatLeaseEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/leases/heartbeat",
  summary: "Give a sign of life; the lease ends when it would have",
  description: "Refused with E_LEASE_LOST once the lease is over: stop then, and write nothing more.",
  needs: ["operate"],
  request: { ...NOTHING, params: RUN_ID, body: z.strictObject(TOKEN) },
  statuses: HELD,
  answer: lease,
  handle: (call, { params, body }) =>
    held(call, { ...params, ...body }, (claim) => heartbeatLease(call.installation, claim)),
});

export const renewLeaseEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/leases/renew",
  summary: "Give a sign of life, and hold the lease for so long from now on",
  description: "Refused with E_LEASE_LOST once the lease is over: stop then, and write nothing more.",
  needs: ["operate"],
  request: { ...NOTHING, params: RUN_ID, body: z.strictObject({ ...TOKEN, ttl_seconds: ttl }) },
  statuses: HELD,
  answer: lease,
  handle: (call, { params, body: { ttl_seconds, ...token } }) =>
    held(call, { ...params, ...token }, (claim) => renewLease(call.installation, claim, ttl_seconds)),
});

export const releaseLeaseEndpoint = endpoint({
  method: "post",
  path: "/v1/runs/{run_id}/leases/release",
  summary: "Give a lease up; a run is handed over to the workers",
  needs: ["operate"],
  request: { ...NOTHING, params: RUN_ID, body: z.strictObject(TOKEN) },
  statuses: HELD,
  answer: lease,
  async handle(call, { params, body }) {
    const done = await held(call, { ...params, ...body }, (claim) => releaseLease(call.installation, claim));
    if (done.ok) call.nudge();
    return done;
  },
});

async function held(
  { caller }: Call,
  named: { readonly run_id: string; readonly step_id: string; readonly lease_token: string },
  act: (claim: LeaseClaim) => Promise<Result<LeaseRecord>>,
) {
  const { run_id: runId, step_id: stepId, lease_token: token } = named;
  const done = await act({ tenantId: caller.tenantId, runId, stepId, token });
  return done.ok ? reply(shown(done.value)) : done;
}
