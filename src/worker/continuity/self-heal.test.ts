import { describe, expect, test } from "vitest";
import { after, type Instant, instant } from "../../contracts/index.ts";
import { continuityEventType } from "./event-types.ts";
import {
  controllerStep,
  type DecisionFacts,
  decideTakeover,
  decisionEvent,
  electSuccessor,
  heartbeatStatus,
  leaseReason,
} from "./self-heal.ts";

const NOW = instant(Date.parse("2026-02-12T09:48:00Z"));
const at = (seconds: number): Instant => after(NOW, seconds * 1_000);

const lease = (changes: Partial<Parameters<typeof leaseReason>[0][number]> = {}) => ({
  lane: "controller",
  step_id: "S1",
  status: "ACTIVE" as const,
  expiry: at(60) as Instant | null,
  updated_at: NOW,
  created_at: NOW,
  token_sha256: "a",
  ...changes,
});

const reason = (...leases: ReturnType<typeof lease>[]) =>
  leaseReason(leases, { lane: "controller", step_id: "S1", now: NOW });

describe("what the leases say of a controller", () => {
  test.each([
    [
      "no lease of the lane on the step",
      [lease({ step_id: "S2" }), lease({ lane: "lane-2" })],
      "MISSING_CONTROLLER_LEASE",
    ],
    [
      "none that is active",
      [lease({ status: "RELEASED" }), lease({ status: "EXPIRED" })],
      "NON_ACTIVE_CONTROLLER_LEASE",
    ],
    ["an expiry that is no time", [lease({ expiry: null })], "MALFORMED_LEASE_EXPIRY"],
    ["an expiry of this very moment", [lease({ expiry: NOW })], "EXPIRED_CONTROLLER_LEASE"],
    ["one that lasts", [lease()], "VALID_ACTIVE_LEASE"],
    [
      "the newest, where there are several",
      [lease({ updated_at: at(1), expiry: NOW }), lease()],
      "EXPIRED_CONTROLLER_LEASE",
    ],
    ["the later begun of two as new", [lease({ expiry: NOW }), lease({ created_at: at(1) })], "VALID_ACTIVE_LEASE"],
    ["the greater token of two alike", [lease({ expiry: NOW }), lease({ token_sha256: "b" })], "VALID_ACTIVE_LEASE"],
  ] as const)("%s", (_, leases, expected) => {
    expect(reason(...leases)).toBe(expected);
  });

  test("the controller's step is that of its ownership, else the run's present one", () => {
    expect(controllerStep("controller:S3", "controller", "S1")).toBe("S3");
    expect(controllerStep("controller:unassigned", "controller", "S1")).toBe("S1");
    expect(controllerStep("lane-2:S3", "controller", "S1")).toBe("S1");
    expect(controllerStep(null, "controller", null)).toBeNull();
  });
});

const facts = (changes: Partial<DecisionFacts>): DecisionFacts => ({
  activity: "active",
  heartbeat: "RUNNING",
  lease: "VALID_ACTIVE_LEASE",
  override: null,
  ...changes,
});

describe("CO-652 whether a run is taken over, first match", () => {
  test.each([
    ["K-16 row 0, a run that is over", { activity: "not_active", heartbeat: "STALE" }, "OBSERVE", "RUN_NOT_ACTIVE"],
    [
      "K-16 row 0, one that is over and has no lease",
      { activity: "not_active", lease: "NON_ACTIVE_CONTROLLER_LEASE" },
      "OBSERVE",
      "RUN_NOT_ACTIVE",
    ],
    [
      "K-16 row 0, one that waits for a person",
      { activity: "awaiting_approval", heartbeat: "BLOCKED" },
      "OBSERVE",
      "AWAITING_APPROVAL_NO_ACTION",
    ],
    [
      "row 2, one that waits for a person and has lost its lease",
      { activity: "awaiting_approval", heartbeat: "BLOCKED", lease: "EXPIRED_CONTROLLER_LEASE" },
      "TAKEOVER",
      "INVALID_LEASE_EXPIRED_CONTROLLER_LEASE",
    ],
    ["row 1, silence under a valid lease", { heartbeat: "STALE" }, "TAKEOVER", "HEARTBEAT_STALE"],
    [
      "row 1, silence before whatever the lease is",
      { heartbeat: "STALE", lease: "EXPIRED_CONTROLLER_LEASE" },
      "TAKEOVER",
      "HEARTBEAT_STALE",
    ],
    [
      "row 2, a warning and a lease that ran out",
      { heartbeat: "WARNING", lease: "EXPIRED_CONTROLLER_LEASE" },
      "TAKEOVER",
      "INVALID_LEASE_EXPIRED_CONTROLLER_LEASE",
    ],
    [
      "row 2, no lease at all",
      { lease: "MISSING_CONTROLLER_LEASE" },
      "TAKEOVER",
      "INVALID_LEASE_MISSING_CONTROLLER_LEASE",
    ],
    [
      "row 2, a lease that has ended",
      { lease: "NON_ACTIVE_CONTROLLER_LEASE" },
      "TAKEOVER",
      "INVALID_LEASE_NON_ACTIVE_CONTROLLER_LEASE",
    ],
    [
      "row 2, an expiry that is no time",
      { lease: "MALFORMED_LEASE_EXPIRY" },
      "TAKEOVER",
      "INVALID_LEASE_MALFORMED_LEASE_EXPIRY",
    ],
    ["row 3, a warning under a valid lease", { heartbeat: "WARNING" }, "OBSERVE", "HEARTBEAT_WARNING_OBSERVE_ONLY"],
    ["row 4, life", { heartbeat: "RUNNING" }, "OBSERVE", "HEARTBEAT_RUNNING_NO_ACTION"],
    ["row 4, a word that is none", { heartbeat: "asleep" }, "OBSERVE", "HEARTBEAT_UNKNOWN_NO_ACTION"],
  ] as const)("%s", (_, changes, action, code) => {
    expect(decideTakeover(facts(changes))).toMatchObject({ action, decision_reason_code: code });
  });

  test("an evaluation's word is the recorded one, in any case", () => {
    expect(["active", "Running", "stale", "", "dead"].map(heartbeatStatus)).toEqual([
      "RUNNING",
      "RUNNING",
      "STALE",
      "UNKNOWN",
      "UNKNOWN",
    ]);
    expect(heartbeatStatus(null)).toBe("UNKNOWN");
  });

  test("K-20 a person forces what would be left, and vetoes what would be taken, but nothing that is over", () => {
    const force = { kind: "force", by: "ann", reason: "r" } as const;
    const veto = { kind: "veto", by: "ann", reason: "r" } as const;

    expect(decideTakeover(facts({ override: force }))).toMatchObject({
      action: "TAKEOVER",
      decision_reason_code: "MANUAL_TAKEOVER",
    });
    expect(decideTakeover(facts({ heartbeat: "STALE", override: veto }))).toMatchObject({
      action: "OBSERVE",
      decision_reason_code: "MANUAL_VETO",
    });
    expect(decideTakeover(facts({ override: veto }))).toMatchObject({
      decision_reason_code: "HEARTBEAT_RUNNING_NO_ACTION",
    });
    expect(decideTakeover(facts({ activity: "not_active", override: force }))).toMatchObject({ action: "OBSERVE" });
  });
});

const candidate = (thread_id: string, seconds: number) => ({ thread_id, host_id: "h", pid: 1, beat_at: at(-seconds) });

describe("CO-652 a choice among several candidates", () => {
  test("K-20 falls on the lowest thread of which something was heard lately, in whatever order they come", () => {
    const candidates = [candidate("a", 300), candidate("c", 5), candidate("b", 59), candidate("aa", 60)];

    expect(electSuccessor(candidates, NOW, 60)?.elected.thread_id).toBe("b");
    expect(electSuccessor(candidates.toReversed(), NOW, 60)?.elected.thread_id).toBe("b");
  });

  test("falls on nobody where nothing was heard of any", () => {
    expect(electSuccessor([candidate("a", 300)], NOW, 60)).toBeNull();
    expect(electSuccessor([], NOW, 60)).toBeNull();
  });
});

describe("the record of a decision", () => {
  const place = {
    task: "T",
    run: "R",
    step: "S1",
    epoch: 4,
    signalAt: at(-1_300),
    decidedAt: NOW,
    decidedBy: "w",
    override: null,
    election: null,
  };
  const eventOf = (changes: Partial<DecisionFacts>, more: Partial<Parameters<typeof decisionEvent>[1]> = {}) =>
    decisionEvent(decideTakeover(facts(changes)), { ...place, ...more });

  test("has every field, and a key of its incident", () => {
    expect(eventOf({ heartbeat: "STALE" })).toMatchObject({
      event: {
        type: "takeover.decided",
        severity: "warning",
        payload: {
          stage: "decide",
          decision_action: "TAKEOVER",
          decision_reason_code: "HEARTBEAT_STALE",
          heartbeat_status: "STALE",
          lease_reason_code: "VALID_ACTIVE_LEASE",
          takeover_required: true,
          decided_at: "2026-02-12T09:48:00.000Z",
          decided_by: "w",
        },
      },
      dedupKey: "self-heal:T:R:TAKEOVER:STALE:VALID_ACTIVE_LEASE:4:2026-02-12T09:26:20.000Z",
    });
  });

  test("of a second incident has another key, by its epoch or its last sign of life", () => {
    const keys = [
      eventOf({ heartbeat: "STALE" }),
      eventOf({ heartbeat: "STALE" }, { epoch: 5 }),
      eventOf({ heartbeat: "STALE" }, { signalAt: null }),
    ].map(({ dedupKey }) => dedupKey);

    expect(new Set(keys).size).toBe(3);
    expect(keys[2]).toMatch(/:none$/);
  });

  test.each([
    ["STALE", "VALID_ACTIVE_LEASE", "HEARTBEAT_STALE", "warning"],
    ["WARNING", "VALID_ACTIVE_LEASE", "HEARTBEAT_WARNING", "warning"],
    ["WARNING", "EXPIRED_CONTROLLER_LEASE", "SYSTEM", "warning"],
    ["RUNNING", "VALID_ACTIVE_LEASE", "SYSTEM", "info"],
  ] as const)("with heartbeat %s and %s is known as %s, %s", (heartbeat, lease, type, severity) => {
    const { event } = eventOf({ heartbeat, lease });

    expect([continuityEventType(event.type, event.payload), event.severity]).toEqual([type, severity]);
  });

  test("CO-652 names every candidate that was heard of, when, and who was chosen", () => {
    const election = electSuccessor([candidate("c", 5), candidate("b", 9), candidate("a", 300)], NOW, 60);

    expect(eventOf({ heartbeat: "STALE" }, { election }).event.payload).toMatchObject({
      candidates: [
        { thread_id: "c", beat_at: "2026-02-12T09:47:55.000Z" },
        { thread_id: "b", beat_at: "2026-02-12T09:47:51.000Z" },
        { thread_id: "a", beat_at: "2026-02-12T09:43:00.000Z" },
      ],
      elected_thread_id: "b",
    });
    expect(eventOf({ heartbeat: "STALE" }).event.payload).not.toHaveProperty("candidates");
  });

  test("K-18 of a person's names the principal and the reason, and has a key of its own", () => {
    const override = { kind: "force", by: "ann", reason: "its machine is gone" } as const;
    const manual = eventOf({ override }, { override, decidedBy: "ann" });

    expect(manual.event.payload).toMatchObject({
      decision_reason_code: "MANUAL_TAKEOVER",
      decided_by: "ann",
      override_reason: "its machine is gone",
    });
    expect(manual.dedupKey).toContain(":TAKEOVER-force:");
  });
});

test("an event of ours is known by the type that the continuity contracts have for it", () => {
  expect(
    ["lease.taken_over", "lease.adopted", "lease.not_adopted", "heartbeat.stale", "heartbeat.recovered"].map((type) =>
      continuityEventType(type, {}),
    ),
  ).toEqual(["LEASE_TAKEOVER", "SYSTEM", "STEP_FAILED", "HEARTBEAT_STALE", "SYSTEM"]);
});
