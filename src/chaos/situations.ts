import { assert, type Json } from "../contracts/index.ts";
import { AUDIT_STREAM, type StoredEvent } from "../ledger/index.ts";
import { snapshotText } from "../run/index.ts";
import type { TenantQuery } from "../store/index.ts";
import { openRun } from "../worker/index.ts";
import type { AssertionId } from "./assertions.ts";
import {
  giveExpiry,
  overwriteActor,
  overwritePayload,
  overwriteSnapshot,
  removeEntry,
  sayReleased,
} from "./queries.ts";
import type { Situation } from "./situation.ts";
import { FORCED, type Stage, SUCCESSOR } from "./stage.ts";

const OF_STREAMS: readonly AssertionId[] = ["CONT-003", "CONT-004", "CONT-010", "CONT-011", "CONT-013"];
const OF_LOOKS: readonly AssertionId[] = [...OF_STREAMS, "CONT-001", "CONT-002", "CONT-009"];
const OF_TAKEOVERS: readonly AssertionId[] = [...OF_LOOKS, "CONT-005", "CONT-006", "CONT-007", "CONT-008"];

/** Seconds of silence around both thresholds, each looked at a second early, in time and late. */
const JITTERED = [898, 899, 900, 901, 1_198, 1_199, 1_200, 1_201];

const STALE = 1_300;

/** What may be wrong with a holder, a package or a record of itself. */
export const SITUATIONS: readonly Situation[] = [
  {
    id: "threshold-boundary-jitter",
    title: "a holder is silent for about as long as each threshold, and is looked at a second early or late",
    riskTags: ["stale_lease", "clock"],
    assertions: OF_STREAMS,
    make: thresholds,
  },
  {
    id: "handoff-hash-mismatch",
    title: "one character of a handoff package was changed on its way",
    riskTags: ["handoff", "takeover"],
    assertions: OF_TAKEOVERS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.lease(runId);
      const { created_at, ...rest } = await stage.handOff(runId);
      const handoff: Json = JSON.parse(JSON.stringify({ ...rest, created_at: created_at.replace("2026", "2025") }));
      const held = { heartbeat: "RUNNING", lease: "VALID_ACTIVE_LEASE", adopted: ["debit"] } as const;
      const expected = { ...held, action: "TAKEOVER", code: "MANUAL_TAKEOVER", resumesAt: null } as const;
      await stage.look(runId, expected, { override: FORCED, successor: SUCCESSOR, handoff });
      await says(stage, runId, ["handoff.apply_failed", "run.blocked"]);
      await isLeft(stage, runId, "BLOCKED", "E_HANDOFF_FAILED");
    },
  },
  {
    id: "missing-controller-lease",
    title: "a lane of a run is held, and nobody holds the run",
    riskTags: ["stale_lease", "takeover"],
    assertions: OF_TAKEOVERS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.lease(runId, { lane: "lane-2", stepId: "S2" });
      await stage.look(
        runId,
        {
          action: "TAKEOVER",
          code: "INVALID_LEASE_MISSING_CONTROLLER_LEASE",
          heartbeat: "IDLE",
          lease: "MISSING_CONTROLLER_LEASE",
          adopted: ["S2"],
          resumesAt: "debit",
        },
        { successor: SUCCESSOR },
      );
    },
  },
  {
    id: "malformed-controller-lease",
    title: "the end of a lease is made something that is no time",
    riskTags: ["stale_lease"],
    assertions: OF_LOOKS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.lease(runId);
      for (const word of ["soon", "infinity"])
        stage.expect(`an expiry of \`${word}\` is written`, await isWritten(stage, runId, word), false);
      const code = "HEARTBEAT_RUNNING_NO_ACTION";
      await stage.look(runId, { action: "OBSERVE", code, heartbeat: "RUNNING", lease: "VALID_ACTIVE_LEASE" });
    },
  },
  {
    id: "non-active-controller-lease",
    title: "a lease says that it was released, and its holder has the run all the same",
    riskTags: ["stale_lease", "takeover"],
    assertions: OF_TAKEOVERS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.lease(runId);
      await stage.sql((sql) => sayReleased(sql, runId));
      const lease = "NON_ACTIVE_CONTROLLER_LEASE";
      await stage.look(
        runId,
        {
          action: "TAKEOVER",
          code: `INVALID_LEASE_${lease}`,
          heartbeat: "RUNNING",
          lease,
          failed: ["debit"],
          resumesAt: "debit",
        },
        { successor: SUCCESSOR },
      );
      await isLeft(stage, runId, "BLOCKED", "E_LEASE_LOST");
    },
  },
  {
    id: "terminal-run-no-takeover",
    title: "a run has ended, and its last holder was not heard of since",
    riskTags: ["rotation", "stale_lease"],
    assertions: OF_LOOKS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      const { lease, token } = await stage.lease(runId);
      await stage.pass(STALE);
      await stage.release(runId, lease.step_id, token);
      const run = await stage.work(runId, ({ ended_at }) => ended_at !== null);
      stage.expect("the run has ended", run.status, "SUCCEEDED");
      const expected = { action: "OBSERVE", code: "RUN_NOT_ACTIVE", lease: "MISSING_CONTROLLER_LEASE" } as const;
      await stage.look(runId, { ...expected, heartbeat: "IDLE" });
    },
  },
  {
    id: "multi-lane-partial-adoption",
    title: "of three lanes of a run one has let its lease run out",
    riskTags: ["takeover", "stale_lease", "rotation"],
    assertions: OF_TAKEOVERS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.lease(runId, { stepId: "S1" });
      await stage.lease(runId, { stepId: "S2", lane: "lane-2", threadId: "t2", ttlSeconds: 5 });
      await stage.lease(runId, { stepId: "S3", lane: "lane-3", threadId: "t3" });
      await stage.pass(STALE);
      const stale = { action: "TAKEOVER", code: "HEARTBEAT_STALE", heartbeat: "STALE" } as const;
      const steps = { lease: "VALID_ACTIVE_LEASE", adopted: ["S1", "S3"], failed: ["S2"], resumesAt: "debit" } as const;
      await stage.look(runId, { ...stale, ...steps }, { successor: SUCCESSOR });
    },
  },
  {
    id: "manual-takeover",
    title: "a person takes a run from a worker that lives",
    riskTags: ["takeover", "rotation"],
    assertions: OF_TAKEOVERS,
    make: async (stage) => {
      const runId = await stage.begin("debit");
      await stage.claim();
      const held = { heartbeat: "RUNNING", lease: "VALID_ACTIVE_LEASE", adopted: ["debit"] } as const;
      const expected = { ...held, action: "TAKEOVER", code: "MANUAL_TAKEOVER", resumesAt: "debit" } as const;
      await stage.look(runId, expected, { override: FORCED });
      await says(stage, runId, ["takeover.decided", "lease.taken_over", "lease.adopted"]);
      const run = await stage.work(runId, ({ ended_at }) => ended_at !== null);
      stage.expect("the run has ended", run.status, "SUCCEEDED");
      stage.expect("effects", stage.effects, 1);
    },
  },
  {
    id: "torn-event-tail",
    title: "the last entry of a run's stream is gone when its next holder comes",
    riskTags: ["corruption", "storage"],
    assertions: OF_STREAMS,
    make: (stage) =>
      breaks(stage, { rule: "truncated", code: "EVENT_LOG_TRUNCATED" }, (sql, runId, seq) =>
        removeEntry(sql, runId, seq),
      ),
  },
  {
    id: "corrupt-event-middle",
    title: "an entry in the middle of a run's stream is garbage, somebody else's, or gone when its next holder comes",
    riskTags: ["corruption", "storage"],
    assertions: OF_STREAMS,
    make: async (stage) => {
      const altered = (rule: string) => ({ rule, code: "EVENT_LOG_CORRUPT" });
      await breaks(stage, altered("altered_payload"), (sql, runId, seq) =>
        overwritePayload(sql, runId, seq - 1, '{"ga'),
      );
      await breaks(stage, altered("altered_entry"), (sql, runId, seq) => overwriteActor(sql, runId, seq - 1));
      const gap = { rule: "gap", code: "EVENT_SEQUENCE_GAP" };
      await breaks(stage, gap, (sql, runId, seq) => removeEntry(sql, runId, seq - 1));
    },
  },
  {
    id: "corrupt-latest-checkpoint",
    title: "the snapshot of a run is not what was written when its next holder comes",
    riskTags: ["corruption"],
    assertions: OF_STREAMS,
    make: async (stage) => {
      const runId = await halfway(stage);
      const snapshot = await snapshotOf(stage, runId);
      await stage.tamper(runId, (sql) => overwriteSnapshot(sql, runId, altered(snapshot)));
      await endsWell(stage, runId);
      stage.expect("what its holder reports", [...stage.troubles], ["SNAPSHOT_ALTERED"]);
    },
  },
  {
    id: "all-checkpoints-corrupt",
    title: "neither the snapshot of a run nor its entries are what was written when its next holder comes",
    riskTags: ["corruption"],
    assertions: OF_STREAMS,
    make: async (stage) => {
      const corrupt = { rule: "altered_payload", code: "EVENT_LOG_CORRUPT" };
      await breaks(stage, corrupt, async (sql, runId) => {
        await overwriteSnapshot(sql, runId, "no snapshot");
        await overwritePayload(sql, runId, 1, "{}");
      });
    },
  },
];

/** A run of two effects whose worker is gone after the first, and whose next worker is gone once it has reported that. */
async function halfway(stage: Stage): Promise<string> {
  const runId = await stage.begin("both");
  for (const seq of [1, 2]) {
    await stage.work(runId, ({ head_seq }) => head_seq > seq);
    await stage.lose();
  }
  stage.expect("the run has ended", (await stage.run(runId)).ended_at, null);
  return runId;
}

/** What is broken is found, nobody goes on with the run, and once it is restored a person has it go on: nothing is lost, nothing done twice. */
async function breaks(
  stage: Stage,
  { rule, code }: { readonly rule: string; readonly code: string },
  write: (sql: TenantQuery, runId: string, seq: number) => Promise<unknown>,
): Promise<void> {
  const runId = await halfway(stage);
  const { head_seq: seq } = await stage.run(runId);
  await stage.tamper(runId, (sql) => write(sql, runId, seq));
  stage.expect("the ledger breaks for", (await stage.verify(runId))?.rule ?? null, rule);
  stage.expect("a takeover is refused with", await stage.faultOf(() => stage.force(runId)), code);
  const blocked = await stage.work(runId, ({ status }) => status === "BLOCKED");
  stage.expect("the run is left", [blocked.status, blocked.code], ["BLOCKED", code]);
  await stage.resume(runId);
  await stage.pass(5);
  stage.expect("a person's word alone helps", (await stage.run(runId)).status, "BLOCKED");
  await stage.restore(runId);
  await stage.resume(runId);
  await endsWell(stage, runId);
}

async function endsWell(stage: Stage, runId: string): Promise<void> {
  const run = await stage.work(runId, ({ ended_at }) => ended_at !== null);
  stage.expect("the run has ended", run.status, "SUCCEEDED");
  stage.expect("effects", stage.effects, 2 * stage.runs.length);
  await stage.lose();
}

async function snapshotOf(stage: Stage, runId: string): Promise<string> {
  const file = await stage.sql((sql) => openRun(sql, runId));
  assert(file !== undefined, "a run that was begun is there");
  return snapshotText(file.state);
}

/** The same snapshot of a run about something else. */
const altered = (snapshot: string): string => snapshot.replaceAll("situation-", "another-");

const ofType = (events: readonly StoredEvent[], type: string): readonly StoredEvent[] =>
  events.filter((event) => event.type === type);

async function thresholds(stage: Stage): Promise<void> {
  for (const seconds of JITTERED) {
    const runId = await stage.begin("debit");
    const { lease, token } = await stage.lease(runId);
    await stage.pass(seconds);
    await Promise.all([stage.watch("one"), stage.watch("two")]);
    const events = await stage.events(runId);
    const looks = ofType(await stage.events(AUDIT_STREAM), "takeover.decided").filter(({ payload }) =>
      payload?.includes(runId),
    );
    const [isStale, isWarning] = [seconds >= 1_200, seconds >= 900 && seconds < 1_200];
    stage.expect(`silences of ${seconds} s`, ofType(events, "heartbeat.stale").length, Number(isStale));
    stage.expect(`takeovers after ${seconds} s`, ofType(events, "lease.taken_over").length, Number(isStale));
    stage.expect(`warnings after ${seconds} s`, looks.length, Number(isWarning));
    if (!isStale) await stage.release(runId, lease.step_id, token);
  }
}

/** The last things that a run's stream says, in order, nothing else between them counted. */
async function says(stage: Stage, runId: string, types: readonly string[]): Promise<void> {
  const told = (await stage.events(runId)).map(({ type }) => type).filter((type) => types.includes(type));
  stage.expect("the stream says", told, [...types]);
}

async function isLeft(stage: Stage, runId: string, status: string, code: string): Promise<void> {
  const run = await stage.run(runId);
  stage.expect("the run is left", [run.status, run.code], [status, code]);
}

/** Whether the database takes a text for the end of a lease. */
async function isWritten(stage: Stage, runId: string, word: string): Promise<boolean> {
  try {
    await stage.sql((sql) => giveExpiry(sql, runId, word));
    return true;
  } catch {
    return false; // what it says of that is its own
  }
}
