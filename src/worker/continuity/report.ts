import { formatInstant, type Host, type Instant, type JsonObject } from "../../contracts/index.ts";
import type { RunState } from "../../run/index.ts";
import { type Database, inTenant, type TenantQuery } from "../../store/index.ts";
import type { BlockCode } from "../block.ts";
import type { Lease } from "../lease.ts";
import type { RunFile } from "../run-file.ts";
import { takeHandoff } from "./hand-over.ts";
import { append } from "./locked-stream.ts";
import {
  type EffectInFlight,
  effectsInFlight,
  expireLeases,
  type LockedRun,
  leasesOf,
  leaveToPeople,
  lockRun,
  markReported,
  type TakeoverRow,
  unreportedTakeovers,
} from "./queries.ts";
import { decideTakeover, decisionEvent, type KeyedEvent } from "./self-heal.ts";
import { takeoverEvents } from "./takeover-events.ts";

/**
 * The report of a worker that claimed what another had held.
 *
 * T1  The claim itself notes that it took a run over, and which effects were in flight, in its own transaction.
 * T2  The report is the successor's first entry: written under the run's lock before it decides anything.
 * T3  A takeover whose successor was lost before it could report is reported by the next one.
 * T4  What its holder left to the next is applied with the report, and a run that is left to a person is blocked with it.
 */

export interface ReportOptions {
  readonly database: Pick<Database, "app">;
  readonly host: Pick<Host, "clock" | "ids">;
  readonly workerId: string;
}

/** What becomes of a run that was found without its holder. */
export interface Found {
  readonly file: RunFile;
  /** Whether it waits for a person by now: its lease was lost under a policy that blocks, or its handoff cannot be applied. */
  readonly isBlocked: boolean;
}

/** Reports the takeovers of a run that nobody has reported yet. Null: it was taken over once more meanwhile. */
export const reportTakeovers = (
  { database, host, workerId }: ReportOptions,
  { file, lease, blocks }: { readonly file: RunFile; readonly lease: Lease; readonly blocks: boolean },
): Promise<Found | null> =>
  inTenant(database, lease.tenantId, async (sql) => {
    const locked = await lockRun(sql, lease.runId);
    if (locked === undefined || locked.epoch !== lease.epoch) return null;
    const taken = await unreportedTakeovers(sql, lease.runId);
    const [first] = taken;
    const last = taken.at(-1);
    if (first === undefined || last === undefined) return { file, isBlocked: false };
    const lost = await lostLeases(sql, locked, taken);
    const mustBlock = blocks || lost.length > 0;
    const effects = await effectsInFlight(sql, lease.runId, first.epoch);
    const steps = lost.length > 0 ? lost.map(({ step_id }) => step_id) : stepsInHand(file.state);
    const at = host.clock.now();
    const reports = taken.map((row) => ({
      row,
      events: reportEvents(row, { locked, steps, mustBlock, at, workerId, effects }),
    }));
    const handoff = await takeHandoff(
      sql,
      { host },
      {
        run: locked,
        state: file.state,
        lost: mustBlock ? steps : [],
        takeoverAt: takeoverAtOf(last, locked),
        at,
        by: workerId,
        brought: null,
      },
    );
    const blockedBy = mustBlock ? "E_LEASE_LOST" : handoff.failure === null ? null : "E_HANDOFF_FAILED";
    const closing = [handoff.event, ...(blockedBy === null ? [] : [blockedEvent(at, blockedBy)])];
    const written = await write(sql, { file, locked, reports, closing }, { host, lease, workerId });
    if (blockedBy !== null)
      await leaveToPeople(sql, lease.runId, {
        epoch: lease.epoch,
        code: blockedBy,
        told: file.folded + file.inbox.length,
      });
    return { file: written, isBlocked: blockedBy !== null };
  });

/** The registered leases that have run out, the one under which the run was held among them, and are closed by now. */
async function lostLeases(sql: TenantQuery, run: LockedRun, taken: readonly TakeoverRow[]) {
  const expired = await expireLeases(sql, run.run_id, run.now);
  const held = (await leasesOf(sql, run.run_id)).filter(({ epoch }) =>
    taken.some((row) => row.previous_epoch === epoch),
  );
  return [...expired, ...held];
}

interface Reports {
  readonly file: RunFile;
  readonly locked: LockedRun;
  readonly reports: readonly { readonly row: TakeoverRow; readonly events: readonly KeyedEvent[] }[];
  /** What follows the last of them. */
  readonly closing: readonly KeyedEvent[];
}

async function write(
  sql: TenantQuery,
  { file, locked, reports, closing }: Reports,
  { host, lease, workerId }: Pick<ReportOptions, "host" | "workerId"> & { readonly lease: Lease },
): Promise<RunFile> {
  const appender = { host, tenantId: lease.tenantId, epoch: lease.epoch, actor: workerId };
  let run = locked;
  for (const { row, events } of reports) {
    const done = await append(sql, run, events, appender);
    const seq = done.sealed.find(({ entry }) => entry.type === "lease.taken_over")?.entry.seq ?? done.run.head_seq;
    await markReported(sql, lease.runId, { epoch: row.epoch, seq });
    run = done.run;
  }
  run = (await append(sql, run, closing, appender)).run;
  const head = { seq: run.head_seq, hash: run.head_hash };
  return { ...file, head, row: { ...file.row, version: run.version, head_seq: head.seq, head_hash: head.hash } };
}

interface ReportFacts {
  readonly locked: LockedRun;
  readonly steps: readonly string[];
  readonly mustBlock: boolean;
  readonly at: Instant;
  readonly workerId: string;
  readonly effects: readonly EffectInFlight[];
}

/** A lease that a worker could claim from another had run out, and its beats with it: they are what renews it. */
function reportEvents(row: TakeoverRow, facts: ReportFacts): readonly KeyedEvent[] {
  const { locked, steps, mustBlock, at, workerId, effects } = facts;
  const decision = decideTakeover({
    activity: "active",
    heartbeat: "STALE",
    lease: "EXPIRED_CONTROLLER_LEASE",
    override: null,
  });
  const place = { task: locked.workflow_id, run: locked.run_id };
  const takeoverAt = takeoverAtOf(row, locked);
  const decided = decisionEvent(decision, {
    ...place,
    step: null,
    epoch: row.previous_epoch,
    signalAt: row.stale_since,
    decidedAt: row.detected_at,
    decidedBy: workerId,
    override: null,
    election: null,
  });
  const events = takeoverEvents({
    ...place,
    takeoverAt,
    at,
    reasonCode: decision.decision_reason_code,
    adopted: [],
    failed: steps,
    resumed: mustBlock ? [] : steps,
    report: {
      ...latencies(row, takeoverAt),
      in_flight_effects: effects.filter(({ epoch }) => epoch === row.epoch).map(inFlight),
    },
  });
  // Decided when it was claimed, recorded now: the entry's own time is that of its writer's clock, as every entry's.
  return [{ ...decided, event: { ...decided.event, at } }, ...events];
}

/** Whoever was lost before it could report had taken the run over all the same: when it claimed it. */
const takeoverAtOf = (row: TakeoverRow, locked: LockedRun): Instant =>
  row.epoch === locked.epoch ? locked.now : row.detected_at;

export const blockedEvent = (at: Instant, code: BlockCode): KeyedEvent => ({
  event: { type: "run.blocked", at, step: null, severity: "error", payload: { code, claims: 0 } },
  dedupKey: null,
});

/** Who had the run, since when nobody had, and how long each part of the takeover took. */
export const latencies = (row: TakeoverRow, takeoverAt: Instant): JsonObject => ({
  previous_holder: row.previous_holder,
  holder: row.holder,
  epoch_before: row.previous_epoch,
  epoch_after: row.epoch,
  stale_since: formatInstant(row.stale_since),
  detected_at: formatInstant(row.detected_at),
  decision_at: formatInstant(row.detected_at),
  detection_latency_ms: row.detected_at - row.stale_since,
  decision_latency_ms: 0,
  takeover_latency_ms: takeoverAt - row.detected_at,
});

export const inFlight = ({ internal_key, generation, step_id, status, effect_epoch }: EffectInFlight): JsonObject => ({
  internal_key,
  generation,
  step_id,
  status,
  epoch: effect_epoch,
});

const IN_HAND: ReadonlySet<string> = new Set(["ready", "retry", "asking", "unknown"]);

/** The steps that a run's holder had in hand: what waits for people, events or time loses nothing with it. */
export const stepsInHand = ({ lanes }: Pick<RunState, "lanes">): readonly string[] =>
  Object.values(lanes).flatMap(({ step, phase }) => (step !== null && IN_HAND.has(phase.kind) ? [step] : []));
