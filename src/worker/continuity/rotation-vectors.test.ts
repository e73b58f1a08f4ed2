import { describe, expect, test } from "vitest";
import { after, assert, formatInstant, type Instant, instant, isJsonObject, type Json } from "../../contracts/index.ts";
import { continuityEventType } from "./event-types.ts";
import { appliedPayload, applyHandoff, buildHandoff, type HandoffRun, handoffMarkers } from "./handoff.ts";
import { escalate, evaluateHeartbeat, type HeartbeatStatus, recordedStatus } from "./heartbeat.ts";
import { register, succeed } from "./registry.ts";
import { decideTakeover, decisionEvent, type KeyedEvent, leaseReason } from "./self-heal.ts";
import { takeoverEvents } from "./takeover-events.ts";

/*
 * The published matrix `dkt-051-core-rotation-v1` as vectors: a holder that fell silent, two looks at it two minutes apart, a
 * decision over what the first one saw, and the takeover that follows.
 */

const ANCHOR = instant(Date.parse("2026-02-12T09:46:00Z"));
const THRESHOLDS = { check_interval_seconds: 60, warning_after_seconds: 900, stale_after_seconds: 1_200 };
const SECOND_TICK_SECONDS = 120;

interface Fixture {
  readonly silence: number;
  readonly ttl: number;
  readonly advance: number;
  readonly withAccepted?: boolean;
}

const at = (seconds: number): Instant => after(ANCHOR, seconds * 1_000);

const PLACE = { task: "T-1", run: "R-1", step: "S1" };

const RUN: HandoffRun = {
  task_id: PLACE.task,
  run_id: PLACE.run,
  current_step: "S1",
  steps: [{ id: "S1", marker: "owned_by_lane:controller", acceptance_criteria: [], expected_outputs: [] }],
};

function tick({ silence }: Fixture, now: Instant, before: HeartbeatStatus) {
  const facts = {
    isActive: true,
    awaitsApproval: false,
    beatAt: at(-silence),
    outputAt: at(-silence),
    leasedAt: ANCHOR,
  };
  const evaluated = evaluateHeartbeat({ ...facts, now }, THRESHOLDS);
  assert(evaluated.ok, "no sign of life is from the future");
  const said = escalate(before, evaluated.value, { ...PLACE, now, stale_after_seconds: 1_200 });
  return { ...evaluated.value, said };
}

/** Plays a fixture by what decides in the runtime. */
function played(fixture: Fixture) {
  const { ttl, advance } = fixture;
  const asked = { lane: "controller", step_id: "S1", run_id: PLACE.run, host_id: "h", pid: 1, ttl_seconds: ttl };
  const granted = register([], { ...asked, thread_id: "old", token_sha256: "1" }, { now: ANCHOR, epochMin: 0 });
  const [firstAt, takeoverAt] = [at(advance), at(advance + SECOND_TICK_SECONDS)];
  const first = tick(fixture, firstAt, "RUNNING");
  const second = tick(fixture, takeoverAt, recordedStatus(first));
  const lease = leaseReason(granted.leases, { lane: "controller", step_id: "S1", now: takeoverAt });
  const decision = decideTakeover({ activity: "active", heartbeat: first.status, lease, override: null });
  const who = { thread_id: "new", host_id: "h", pid: 2, ttl_seconds: 1_800, token_sha256: () => "2" };
  const succession = succeed(granted.leases, who, { now: takeoverAt, epochMin: 1 });
  const [adopted, failed] = [succession.adopted, succession.failed].map((some) => some.map(({ step_id }) => step_id));
  const place = { ...PLACE, epoch: 1, signalAt: first.effective_signal_at, decidedAt: takeoverAt, decidedBy: "w" };
  const handoff = buildHandoff(RUN, {
    createdAt: "2026-02-12T09:46:00+00:00",
    includeAccepted: fixture.withAccepted ?? false,
  });
  const applied = handoff.ok ? applyHandoff(handoff.value, RUN, { eventSeq: null }) : handoff;
  assert(applied.ok, "the package fits the run");
  const payload = appliedPayload(applied.value, formatInstant(takeoverAt));
  const events: readonly KeyedEvent[] = [
    ...[first.said, second.said].flatMap((said) => (said === null ? [] : [said])),
    decisionEvent(decision, { ...place, override: null, election: null }),
    ...takeoverEvents({
      ...PLACE,
      takeoverAt,
      at: takeoverAt,
      reasonCode: decision.decision_reason_code,
      adopted: adopted ?? [],
      failed: failed ?? [],
      resumed: [],
      report: {},
    }),
    { event: { type: "handoff.applied", at: takeoverAt, step: "S1", severity: "info", payload }, dedupKey: null },
  ];
  return {
    first,
    second,
    decision,
    adopted,
    failed,
    takeoverAt,
    applied: applied.value,
    events,
    leases: succession.leases,
  };
}

type Played = ReturnType<typeof played>;

const toldAt = ({ events }: Played): Json | undefined => {
  const told = events.find(({ event }) => event.type === "lease.taken_over")?.event.payload;
  return told !== undefined && isJsonObject(told) ? told.takeover_at : undefined;
};

/** The assertions that can be judged without a store, as the published matrix has them. */
const ASSERTED: { readonly [id: string]: (played: Played) => boolean } = {
  "CONT-001": (all) => all.decision.action === "TAKEOVER" && toldAt(all) === formatInstant(all.takeoverAt),
  "CONT-002": ({ applied }) => applied.resume_step_id === handoffMarkers(applied).handoff_resume_step,
  "CONT-005": ({ decision }) => decision.decision_reason_code.startsWith("INVALID_LEASE_"),
  "CONT-006": ({ first, second }) => first.status === "STALE" && second.said === null,
  "CONT-008": ({ leases, adopted }) =>
    leases.filter(({ status, thread_id }) => status === "ACTIVE" && thread_id === "new").length === adopted?.length,
};

const STALE = { action: "TAKEOVER", decision_reason_code: "HEARTBEAT_STALE", heartbeat_status: "STALE" };
const USUAL = ["CONT-001", "CONT-002", "CONT-006", "CONT-008"];
const BEGINS = ["HEARTBEAT_STALE WARN", "HEARTBEAT_STALE WARN", "LEASE_TAKEOVER INFO"];

describe("K-25 a vector of the published rotation matrix", () => {
  test.each([
    [
      "stale-takeover-handoff-resume",
      { silence: 7_500, ttl: 1_200, advance: 0 },
      ["2026-02-12T07:41:00.000Z", "STALE 7500 told", "STALE 7620"],
      { ...STALE, lease_reason_code: "VALID_ACTIVE_LEASE" },
      { takeover: "2026-02-12T09:48:00.000Z", adopted: ["S1"], failed: [], leases: ["old TAKEN_OVER", "new ACTIVE"] },
      [...BEGINS, "SYSTEM INFO", "SYSTEM INFO"],
      USUAL,
    ],
    [
      "warning-invalid-lease-forced-takeover",
      { silence: 901, ttl: 120, advance: 180 },
      ["2026-02-12T09:30:59.000Z", "WARNING 1081", "STALE 1201 told"],
      {
        action: "TAKEOVER",
        decision_reason_code: "INVALID_LEASE_EXPIRED_CONTROLLER_LEASE",
        heartbeat_status: "WARNING",
        lease_reason_code: "EXPIRED_CONTROLLER_LEASE",
      },
      { takeover: "2026-02-12T09:51:00.000Z", adopted: [], failed: ["S1"], leases: ["old EXPIRED"] },
      ["HEARTBEAT_STALE WARN", "SYSTEM WARN", "LEASE_TAKEOVER INFO", "STEP_FAILED ERROR", "SYSTEM INFO"],
      ["CONT-001", "CONT-002", "CONT-005", "CONT-008"],
    ],
    [
      "stale-invalid-lease-core-rotation",
      { silence: 1_700, ttl: 120, advance: 180 },
      ["2026-02-12T09:17:40.000Z", "STALE 1880 told", "STALE 2000"],
      { ...STALE, lease_reason_code: "EXPIRED_CONTROLLER_LEASE" },
      { takeover: "2026-02-12T09:51:00.000Z", adopted: [], failed: ["S1"], leases: ["old EXPIRED"] },
      [...BEGINS, "STEP_FAILED ERROR", "SYSTEM INFO"],
      USUAL,
    ],
    [
      "stale-active-lease-dedup-escalation",
      { silence: 7_230, ttl: 900, advance: 0, withAccepted: true },
      ["2026-02-12T07:45:30.000Z", "STALE 7230 told", "STALE 7350"],
      { ...STALE, lease_reason_code: "VALID_ACTIVE_LEASE" },
      { takeover: "2026-02-12T09:48:00.000Z", adopted: ["S1"], failed: [], leases: ["old TAKEN_OVER", "new ACTIVE"] },
      [...BEGINS, "SYSTEM INFO", "SYSTEM INFO"],
      USUAL,
    ],
  ] as const)("%s comes to what it states", (_, fixture, looks, decision, outcome, types, met) => {
    const found = played(fixture);

    const look = ({ status, silence_seconds, said }: Played["first"]) =>
      `${status} ${silence_seconds}${said === null ? "" : " told"}`;
    const { first, second, takeoverAt, adopted, failed, leases } = found;
    assert(first.effective_signal_at !== null, "there was a sign of life");
    expect([formatInstant(first.effective_signal_at), look(first), look(second)]).toEqual(looks);
    expect(found.decision).toEqual(decision);
    expect({
      takeover: formatInstant(takeoverAt),
      adopted,
      failed,
      leases: leases.map(({ thread_id, status }) => `${thread_id} ${status}`),
    }).toEqual(outcome);
    expect(
      found.events.map(
        ({ event }) => `${continuityEventType(event.type, event.payload)} ${SHOWN[event.severity ?? "info"]}`,
      ),
    ).toEqual(types);
    expect(Object.keys(ASSERTED).filter((id) => ASSERTED[id]?.(found))).toEqual(met);
  });
});

const SHOWN = { info: "INFO", warning: "WARN", error: "ERROR" } as const;
