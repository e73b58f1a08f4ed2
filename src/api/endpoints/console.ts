import { z } from "@hono/zod-openapi";
import { listApprovals } from "../../approve/index.ts";
import { after, type Instant } from "../../contracts/index.ts";
import { breakersAstray, unknownEffects } from "../../guard/index.ts";
import { reconcileQueue } from "../../ingress/index.ts";
import { type AlertingCount, countAlerting, listLetters, movedStreams } from "../../ledger/index.ts";
import { ALERTS, kindOf } from "../../observe/index.ts";
import { countRuns, listRuns } from "../../run/index.ts";
import { inTenant } from "../../store/index.ts";
import { type Call, endpoint, NOTHING, reply } from "../http/endpoint.ts";
import { BEAT_FRAME, eventFrame, FRAMES } from "../http/event-stream.ts";
import { name, time, timeOf } from "../wire/parts.ts";
import { runStatus, runSummary, summaryOf } from "../wire/run-summary.ts";
import { alertKind, alertSeverity } from "./alerts.ts";

export const signInCodeEndpoint = endpoint({
  method: "post",
  path: "/v1/sign-in-codes",
  summary: "Make a link by which a browser signs in as you, once, within ten minutes",
  needs: ["read"],
  request: NOTHING,
  statuses: { 201: "open `path` at this server" },
  answer: z.strictObject({ path: z.string(), expires_at: time }),
  async handle({ caller, signInCodes }) {
    const { code, endsAt } = signInCodes.issue(caller.keySha256);
    return reply({ path: `/sign-in#${code}`, expires_at: timeOf(endsAt) }, 201);
  },
});

/** Rows of each kind that the overview counts; one more is said as "more than". */
const COUNTED_MAX = 200;
const TROUBLES_MAX = 5;

const counted = z.strictObject({ count: z.int(), is_more: z.boolean(), oldest_at: time.nullable() });

const overview = z
  .strictObject({
    generated_at: time,
    mode: z.enum(["sandbox", "live"]).nullable(),
    /** Runs by status; those that ended, since a day before `generated_at`. */
    runs: z.array(z.strictObject({ status: runStatus, count: z.int() })).readonly(),
    /** The newest that wait for a person to mend something. */
    blocked: z.array(runSummary).readonly(),
    approvals: counted,
    unknown_effects: counted,
    dead_letters: counted,
    reconciliations: counted,
    breakers: z
      .array(z.strictObject({ breaker_id: name, state: z.enum(["OPEN", "HALF_OPEN"]), opened_at: time.nullable() }))
      .readonly(),
    /** What somebody must hear of, since a day before `generated_at`: the kinds that there are. */
    alerts: z.array(counted.extend({ alert: alertKind, severity: alertSeverity })).readonly(),
  })
  .openapi("Overview");

const DAY_MS = 86_400_000;

export const overviewEndpoint = endpoint({
  method: "get",
  path: "/v1/overview",
  summary: "See at a glance what the tenant's runtime does and what waits for a person",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "counts up to 200 of a kind" },
  answer: overview,
  async handle({ installation, caller }) {
    const now = installation.host.clock.now();
    const control = await installation.control.find(caller.tenantId);
    return inTenant(installation.database, caller.tenantId, async (sql) => {
      const blocked = await listRuns(sql, { status: "BLOCKED", workflow: null, before: null, limit: TROUBLES_MAX });
      const approvals = await listApprovals(sql, "PENDING", COUNTED_MAX);
      const effects = await unknownEffects(sql, COUNTED_MAX);
      const letters = await listLetters(sql, { state: "PENDING_REVIEW", after: "", limit: COUNTED_MAX });
      const events = await reconcileQueue(sql, COUNTED_MAX);
      const breakers = await breakersAstray(sql);
      const alerting = await countAlerting(sql, after(now, -DAY_MS));
      return reply({
        generated_at: timeOf(now),
        mode: control?.mode ?? null,
        runs: await countRuns(sql, after(now, -DAY_MS)),
        blocked: blocked.map(summaryOf),
        approvals: countedOf(approvals.map(({ created_at }) => created_at)),
        unknown_effects: countedOf(effects.map(({ since }) => since)),
        dead_letters: countedOf(letters.map(({ created_at }) => created_at)),
        reconciliations: countedOf(events.map(({ received_at }) => received_at)),
        breakers: breakers.map(({ breaker_id, state, opened_at }) => ({
          breaker_id,
          state,
          opened_at: opened_at === null ? null : timeOf(opened_at),
        })),
        alerts: alerting.flatMap(alertsOf),
      });
    });
  },
});

function alertsOf(counts: AlertingCount): z.output<typeof overview>["alerts"] {
  const kind = kindOf(counts);
  if (kind === null) return [];
  const count = Math.min(counts.count, COUNTED_MAX);
  const oldest_at = timeOf(counts.oldest_at);
  return [{ alert: kind, severity: ALERTS[kind].severity, count, is_more: count === COUNTED_MAX, oldest_at }];
}

function countedOf(moments: readonly Instant[]): z.output<typeof counted> {
  const oldest = moments.reduce<Instant | null>((first, at) => (first === null || at < first ? at : first), null);
  return {
    count: moments.length,
    is_more: moments.length === COUNTED_MAX,
    oldest_at: oldest === null ? null : timeOf(oldest),
  };
}

export const changesEndpoint = endpoint({
  method: "get",
  path: "/v1/changes",
  summary: "Hear which streams of the ledger grow, live",
  description:
    "Server-sent events `change`, each with the streams that grew and their new last sequence number, beginning with those that " +
    "grew within the last ten seconds. It says what to read anew, not what happened; whoever was away for longer reads all anew. " +
    "It ends after 15 minutes: connect again.",
  needs: ["read"],
  request: NOTHING,
  statuses: { 200: "the changes, as they are committed" },
  media: "text/event-stream",
  answer: FRAMES,
  handle: async (call) => reply(changes(call)),
});

/** Milliseconds between two looks. */
const LOOK_MS = 400;
const BEAT_MS = 15_000;
/** A revoked key hears no longer than this. */
const LISTEN_MS_MAX = 15 * 60_000;
/** What was entered this long ago is committed by now, or its worker has lost its lease. */
const COMMIT_MS_MAX = 10_000;

/** Entries are told once they can be read: a look goes further back than the last, and what was told is not told again. */
async function* changes({ installation, caller, signal }: Call): AsyncGenerator<string> {
  const { database, host } = installation;
  const end = after(host.clock.now(), LISTEN_MS_MAX);
  let [told, beat, id] = [new Map<string, number>(), after(host.clock.now(), BEAT_MS), 0];
  yield BEAT_FRAME;
  while (!signal.aborted && host.clock.now() < end) {
    const since = after(host.clock.now(), -COMMIT_MS_MAX);
    const moved = await inTenant(database, caller.tenantId, (sql) => movedStreams(sql, since));
    const news = moved.filter(({ stream, seq }) => (told.get(stream) ?? 0) < seq);
    told = new Map(moved.map(({ stream, seq }) => [stream, seq]));
    if (news.length > 0) yield eventFrame({ id: ++id, name: "change", data: { streams: news } });
    await host.clock.wake(after(host.clock.now(), LOOK_MS), signal);
    if (host.clock.now() >= beat) {
      beat = after(host.clock.now(), BEAT_MS);
      yield BEAT_FRAME;
    }
  }
}
