import { z } from "@hono/zod-openapi";
import { after, type Refusal, rejected } from "../../contracts/index.ts";
import {
  type BreakerChange,
  breakerChanges,
  breakerConfigOf,
  breakerNow,
  breakerReset,
  listBreakers,
  moveBreaker,
  type StoredBreaker,
} from "../../guard/index.ts";
import { inTenant, type TenantQuery } from "../../store/index.ts";
import { audit } from "../administer.ts";
import type { Caller } from "../http/caller.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import type { Right } from "../http/rights.ts";
import { act, actOf } from "../wire/act.ts";
import { name, reason, time, timeOf, timeOrNull } from "../wire/parts.ts";

const RESET: readonly Right[] = ["administer"];

/** Changes of a breaker that one answer has. */
const CHANGES_MAX = 20;

const state = z.enum(["CLOSED", "OPEN", "HALF_OPEN"]);

const breaker = z
  .strictObject({
    breaker_id: name,
    /** As it counts now: a record that has run out is CLOSED, or HALF_OPEN from zero. */
    state,
    opened_at: time.nullable(),
    /** From here on a call is let through to see; null where the breaker is not open. */
    probes_from: time.nullable(),
    /** Failures that count towards opening, of the last `failure_window_seconds`. */
    failures: z.int(),
    failure_threshold: z.int(),
    failure_window_seconds: z.int(),
    open_duration_seconds: z.int(),
    /** Calls let through half open, and how many of them went well. */
    probes: z.int(),
    probes_max: z.int(),
    successes: z.int(),
    success_threshold: z.int(),
    /** What a reset names, so that it resets what was looked at. */
    revision: z.int(),
    /** Of the last month, the newest first. */
    changes: z.array(z.strictObject({ state, at: time })).readonly(),
    actions: z.array(act(z.literal("reset"))).readonly(),
  })
  .openapi("Breaker");

function breakerView(
  { record: stored, now }: StoredBreaker,
  changes: readonly BreakerChange[],
  caller: Caller,
): z.output<typeof breaker> {
  const config = breakerConfigOf(stored.breaker_id);
  const record = breakerNow({ id: stored.breaker_id, stored }, config, now);
  const { breaker_id, opened_at } = record;
  const since = after(now, -config.failure_window_seconds * 1000);
  const opensTo = opened_at === null ? null : after(opened_at, config.open_duration_seconds * 1000);
  return {
    breaker_id,
    state: record.state,
    opened_at: record.state === "CLOSED" ? null : timeOrNull(opened_at),
    probes_from: record.state === "OPEN" ? timeOrNull(opensTo) : null,
    failures: record.failure_times.filter((at) => at > since).length,
    failure_threshold: config.failure_threshold,
    failure_window_seconds: config.failure_window_seconds,
    open_duration_seconds: config.open_duration_seconds,
    probes: record.probe_count,
    probes_max: config.half_open_max_calls,
    successes: record.success_count,
    success_threshold: config.success_threshold,
    revision: record.revision,
    changes: changes
      .filter((one) => one.breaker_id === breaker_id)
      .map((one) => ({ state: one.state, at: timeOf(one.at) })),
    actions: [actOf("reset", caller, RESET)],
  };
}

export const listBreakersEndpoint = endpoint({
  method: "get",
  path: "/v1/breakers",
  summary: "List the circuit breakers of the services that the tenant's tools call",
  description: "One that no call has failed through has no row: it is closed.",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "the breakers, by name, each with its last changes" },
  answer: z.strictObject({ breakers: z.array(breaker).readonly() }),
  handle: ({ installation, caller }) =>
    inTenant(installation.database, caller.tenantId, async (sql) => {
      const stored = await listBreakers(sql);
      const changes = [...(await breakerChanges(sql, CHANGES_MAX))];
      return reply({ breakers: stored.map((one) => breakerView(one, changes, caller)) });
    }),
});

export const resetBreakerEndpoint = endpoint({
  method: "post",
  path: "/v1/breakers/{breaker_id}/reset",
  summary: "Close a breaker by hand and forget the failures that it counted",
  description:
    "The next call goes through. It resets the breaker that was looked at: `revision` is the one that was shown, and a breaker that has " +
    "moved since is refused with BREAKER_MOVED. Who did it, and why, is in the audit stream.",
  needs: RESET,
  idempotent: true,
  request: {
    ...NOTHING,
    params: z.strictObject({ breaker_id: name }),
    body: z.strictObject({ revision: z.int().min(0), reason }),
  },
  statuses: { 200: "the breaker as it is then" },
  answer: breaker,
  async handle(call, { params: { breaker_id }, body: { revision, reason } }) {
    const { installation, caller, nudge } = call;
    const done = await inTenant(installation.database, caller.tenantId, (sql) =>
      reset(call, sql, { breaker_id, revision, reason }),
    );
    if ("code" in done) return rejected(done);
    nudge();
    return reply(done);
  },
});

/** The breaker after its reset, or why it was not. */
async function reset(
  { installation, caller }: Call,
  sql: TenantQuery,
  { breaker_id, revision, reason }: { readonly breaker_id: string; readonly revision: number; readonly reason: string },
): Promise<z.output<typeof breaker> | Refusal> {
  const find = async () => (await listBreakers(sql)).find(({ record }) => record.breaker_id === breaker_id);
  const found = await find();
  if (found === undefined) return { code: "BREAKER_NOT_FOUND", message: `there is no breaker \`${breaker_id}\`` };
  const { record, now } = found;
  const next = breakerReset(record, breakerConfigOf(breaker_id), now);
  if (record.revision !== revision || !(await moveBreaker(sql, next, revision)))
    return { code: "BREAKER_MOVED", message: `\`${breaker_id}\` is at revision ${record.revision}, not ${revision}` };
  const payload = { breaker_id, state: record.state, revision, reason };
  await audit(installation, sql, { tenantId: caller.tenantId, by: caller.principalId, type: "breaker.reset", payload });
  const changes = [...(await breakerChanges(sql, CHANGES_MAX))];
  return breakerView({ record: next, now }, changes, caller);
}
