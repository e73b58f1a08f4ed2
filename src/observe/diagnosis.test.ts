import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { after, type Json, type JsonObject, parseInstant } from "../contracts/index.ts";
import { diagnose } from "./diagnosis.ts";
import { type DiagnosisFilter, type DiagnosisInput, EVERYTHING } from "./diagnosis-input.ts";
import { at, changed, EVENTS, LEASES, ROTATION, SCOPE, without } from "./testing/rotation.ts";

const diagnosisOf = (change: Partial<DiagnosisInput> = {}) => diagnose({ ...ROTATION, ...change }, SCOPE);

const payloadOf = ({ payload }: JsonObject): JsonObject => JSON.parse(JSON.stringify(payload ?? {}));

const issuesOf = (change: Partial<DiagnosisInput>) =>
  diagnosisOf(change).validation.issues.map(
    ({ code, step_id, event_id, occurred_at }) =>
      `${code} ${step_id ?? "-"} ${event_id ?? "-"} ${occurred_at.slice(11, 19)}`,
  );

/** The events in their stream's order. */
const numbered = (events: readonly JsonObject[]): readonly JsonObject[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, epoch: 1 }));

describe("a rotation of owners is diagnosed (CO 8.7)", () => {
  test("the heartbeat is stale, for so many seconds, and names the newest event about it", () => {
    expect(diagnosisOf().report.heartbeat).toEqual({
      status: "STALE",
      reason_code: "NO_OUTPUT_20M",
      observed_at: at("09:50:00"),
      last_signal_at: at("07:41:00"),
      silence_seconds: 7740,
      warning_after_seconds: 900,
      stale_after_seconds: 1200,
      correlation: {
        task_id: "T-1",
        run_id: "R-1",
        step_id: "S1",
        event_id: "evt_03",
        event_type: "HEARTBEAT_STALE",
        occurred_at: at("09:48:00"),
      },
    });
  });

  test("K-21 leases are shown as they stand, then as events tell, in order", () => {
    const rows = diagnosisOf().report.lease_transitions.map(
      ({ transition_kind, from_status, to_status, reason_code, correlation, transition_at }) =>
        [
          transition_kind,
          `${from_status}->${to_status}`,
          reason_code,
          correlation.event_id ?? correlation.step_id,
          transition_at,
        ].join(" "),
    );

    expect(rows).toEqual([
      `SNAPSHOT null->ACTIVE LEASE_ACTIVE_SNAPSHOT S1 ${at("09:48:05")}`,
      `SNAPSHOT null->EXPIRED LEASE_EXPIRED_SNAPSHOT S2 ${at("09:48:05")}`,
      `EVENT ACTIVE->ACTIVE HEARTBEAT_STALE evt_04 ${at("09:48:05")}`,
      `EVENT ACTIVE->ACTIVE VALID_UNEXPIRED_LEASE evt_05 ${at("09:48:05")}`,
      `EVENT ACTIVE->FAILED LEASE_NOT_ADOPTED evt_06 ${at("09:48:05")}`,
    ]);
    expect(diagnosisOf().report.lease_transitions.at(-1)).toMatchObject({ lease_from: "ACTIVE", lease_to: "EXPIRED" });
  });

  test("a lease's token never leaves: readers get its fingerprint", () => {
    const events = changed(5, (event) => ({ ...event, payload: { ...payloadOf(event), lease_token: "lease_secret" } }));
    const text = JSON.stringify(diagnosisOf({ events }));

    expect(text).not.toMatch(/lease_0123456789abcdef|lease_secret/);
    expect(text).toMatch(/"lease_token":"fp:[0-9a-f]{12}"/);
  });

  test("the takeover has its trigger, its decision and the seconds between", () => {
    expect(diagnosisOf().report.takeover).toEqual({
      trigger_reason_code: "HEARTBEAT_STALE",
      lease_reason_code: "VALID_ACTIVE_LEASE",
      heartbeat_status: "STALE",
      decision_at: at("09:48:00"),
      takeover_at: at("09:48:05"),
      decision_latency_seconds: 5,
      adopted_step_ids: ["S1"],
      failed_step_ids: ["S2"],
      correlation: {
        task_id: "T-1",
        run_id: "R-1",
        step_id: null,
        event_id: "evt_04",
        event_type: "LEASE_TAKEOVER",
        occurred_at: at("09:48:05"),
      },
    });
  });

  test("the operator's timeline counts a detection and its decision as one incident", () => {
    const { timeline } = diagnosisOf().report;

    expect(timeline).toMatchObject({
      total_entries: 6,
      stale_heartbeat_events: 2,
      stale_incidents: 1,
      lease_transition_events: 2,
      takeover_events: 1,
    });
    expect(timeline.entries.map(({ correlation }) => correlation.event_id)).toEqual([
      "evt_02",
      "evt_03",
      "evt_04",
      "evt_05",
      "evt_06",
      "evt_07",
    ]);
    expect(timeline.entries.at(-1)).toMatchObject({ occurred_at: at("09:48:05"), category: "TAKEOVER" });
  });

  test("it is valid, and says how much it was derived from", () => {
    const { validation, evidence } = diagnosisOf();

    expect(validation).toEqual({ status: "PASS", issue_count: 0, issues: [] });
    expect(evidence).toEqual({ event_count: 6, lease_count: 2 });
  });
});

describe("what does not add up is found (CO 8.7)", () => {
  test.each<[string, readonly JsonObject[], readonly string[]]>([
    [
      "no event says that the heartbeat is stale",
      without(2, 3),
      [
        "INCONSISTENT_TAKEOVER_TIMING - evt_04 09:48:05",
        "MISSING_HEARTBEAT_STALE_SIGNAL - - 09:50:00",
        "MISSING_TAKEOVER_DECISION_SIGNAL - evt_04 09:48:05",
      ],
    ],
    ["a decision without its takeover", without(4, 5, 6, 7), ["MISSING_TAKEOVER_EVENT S1 evt_03 09:48:00"]],
    [
      "a takeover without its decision",
      without(3),
      ["INCONSISTENT_TAKEOVER_TIMING - evt_04 09:48:05", "MISSING_TAKEOVER_DECISION_SIGNAL - evt_04 09:48:05"],
    ],
    ["an adopted step without its event", without(5), ["MISSING_LEASE_ADOPTED_SIGNAL S1 evt_04 09:48:05"]],
    ["a lost step without its event", without(6), ["MISSING_LEASE_FAILURE_SIGNAL S2 evt_04 09:48:05"]],
    [
      "a takeover before its decision",
      changed(4, (event) => ({ ...event, payload: { ...payloadOf(event), takeover_at: at("09:47:00") } })),
      ["INCONSISTENT_TAKEOVER_TIMING - evt_04 09:47:00"],
    ],
    [
      "nothing but another run's events",
      EVENTS.map((event) => ({ ...event, run_id: "R-2" })),
      ["MISSING_HEARTBEAT_STALE_SIGNAL - - 09:50:00"],
    ],
  ])("%s", (_name, events, issues) => {
    expect(issuesOf({ events })).toEqual(issues);
    expect(diagnosisOf({ events }).validation.status).toBe("FAIL");
  });

  test("K-23 an event without an id is a warning, and warnings alone do not fail", () => {
    const events = changed(5, ({ event_id: _, ...event }) => event);

    expect(issuesOf({ events })).toEqual(["MISSING_LEASE_TRANSITION_CORRELATION S1 - 09:48:05"]);
    expect(diagnosisOf({ events }).validation.status).toBe("PASS_WITH_WARNINGS");
  });

  test("a run of which there is no event has no takeover", () => {
    const { report, evidence } = diagnosisOf({ events: EVENTS.map((event) => ({ ...event, run_id: "R-2" })) });

    expect(report.takeover).toBeNull();
    expect(evidence.event_count).toBe(0);
  });

  test("another run's takeover changes nothing", () => {
    const stranger: JsonObject = { ...EVENTS[2], event_id: "evt_99", run_id: "R-2" };

    expect(diagnosisOf({ events: [...EVENTS, stranger] })).toEqual(diagnosisOf());
  });

  test.each([
    ["by the time of its record", {}],
    ["by the thread that the takeover names", { successor_thread_id: "successor" }],
  ])("an adopted step whose lease is still the old owner's is a mismatch, %s", (_name, named) => {
    const leases = LEASES.map((lease) =>
      lease.step_id === "S1" ? { ...lease, thread_id: "old", updated_at: at("09:40:00") } : lease,
    );
    const events = changed(4, (event) => ({ ...event, payload: { ...payloadOf(event), ...named } }));

    expect(issuesOf({ events })).toEqual([]);
    expect(issuesOf({ events, leases })).toEqual(["LEASE_STATE_MISMATCH S1 evt_04 09:48:05"]);
  });

  test("a lost step whose old lease is active is a mismatch; one that was resumed since is not", () => {
    const lost = (created_at: string) =>
      LEASES.map((lease) => (lease.step_id === "S2" ? { ...lease, status: "ACTIVE" as const, created_at } : lease));

    expect(issuesOf({ leases: lost(at("07:00:00")) })).toEqual(["LEASE_STATE_MISMATCH S2 evt_04 09:48:05"]);
    expect(issuesOf({ leases: lost(at("09:49:00")) })).toEqual([]);
  });

  test("an unreadable line leaves a hole behind", () => {
    const [detected, decided, taken, adopted, ...rest] = numbered([...EVENTS.slice(0, 3), {}, ...EVENTS.slice(3)]);
    const shifted: readonly Json[] = [detected ?? null, decided ?? null, taken ?? null, "{half a line", ...rest];

    expect(adopted).toMatchObject({ seq: 4 });
    expect(issuesOf({ events: numbered(EVENTS) })).toEqual([]);
    expect(issuesOf({ events: shifted })).toEqual([
      "EVENT_SEQ_GAP S1 evt_05 09:48:05",
      "UNPARSABLE_EVENT - - 09:50:00",
    ]);
  });

  const heartbeat = ROTATION.heartbeat ?? expect.fail("the rotation has a heartbeat");

  test.each<[string, Partial<DiagnosisInput>, readonly string[]]>([
    [
      "an id that two events have",
      { events: [...EVENTS, ...EVENTS.slice(5)] },
      ["DUPLICATE_EVENT_ID - evt_07 09:48:05"],
    ],
    [
      "a heartbeat's status that is none",
      { heartbeat: { ...heartbeat, status: "dead" } },
      ["UNKNOWN_HEARTBEAT_STATUS - - 09:50:00"],
    ],
    ["no heartbeat at all", { heartbeat: null }, ["UNKNOWN_HEARTBEAT_STATUS - - 09:50:00"]],
    [
      "no thresholds while the run is active",
      { heartbeat: { ...heartbeat, stale_after_seconds: null } },
      ["THRESHOLDS_MISSING - - 09:50:00"],
    ],
    [
      "no thresholds while nothing runs",
      { heartbeat: { ...heartbeat, status: "IDLE", stale_after_seconds: null } },
      [],
    ],
    [
      "a sign of life from the future",
      { heartbeat: { ...heartbeat, last_heartbeat_at: at("09:51:00") } },
      ["INFRA.CLOCK_SKEW - - 09:50:00"],
    ],
    ["a sign of life within the tolerance", { heartbeat: { ...heartbeat, last_heartbeat_at: at("09:50:05") } }, []],
    [
      "a time that goes back",
      { events: numbered(EVENTS).map((event) => (event.seq === 6 ? { ...event, timestamp: at("09:48:04") } : event)) },
      ["CLOCK_REGRESSION S1 evt_07 09:48:05"],
    ],
    [
      "a time of which its writer said that it went back",
      {
        events: numbered(
          changed(7, (event) => ({ ...event, payload: { ...payloadOf(event), clock_regression: true } })),
        ),
      },
      ["CLOCK_REGRESSION S1 evt_07 09:48:05"],
    ],
    [
      "an adoption that no takeover lists",
      { events: [...EVENTS, { ...EVENTS[3], event_id: "evt_08", step_id: "S9" }] },
      ["ORPHAN_ADOPTION_SIGNAL S9 evt_08 09:48:05"],
    ],
    [
      "a lost step that no takeover lists",
      { events: [...EVENTS, { ...EVENTS[4], event_id: "evt_08", step_id: "S1" }] },
      ["ORPHAN_ADOPTION_SIGNAL S1 evt_08 09:48:05"],
    ],
    [
      "a state that tells of another takeover",
      { succession: { last_takeover_at: at("09:40:00") } },
      ["SUCCESSION_STATE_MISMATCH - evt_04 09:48:05"],
    ],
    ["a state that tells of this takeover", { succession: { last_takeover_at: "2026-02-12T09:48:05Z" } }, []],
    [
      "two owners of one step at once",
      { leases: [...LEASES, ...LEASES.slice(0, 1)] },
      ["MULTIPLE_ACTIVE_OWNERS S1 - 09:50:00"],
    ],
    [
      "a write under an epoch that was over",
      { events: numbered(EVENTS).map((event) => ({ ...event, epoch: event.seq === 5 ? 1 : 2 })) },
      ["STALE_WRITE_ACCEPTED S2 evt_06 09:48:05"],
    ],
    [
      "a takeover without an id",
      { events: changed(4, ({ event_id: _, ...event }) => event) },
      ["MISSING_LEASE_TRANSITION_CORRELATION - - 09:48:05", "MISSING_TAKEOVER_CORRELATION - - 09:48:05"],
    ],
  ])("%s", (_name, change, issues) => {
    expect(issuesOf(change)).toEqual(issues);
  });
});

describe("the runtime policy is proven, not asserted (CO 20.2)", () => {
  const node = (checkpoint_id: string | null): JsonObject => ({
    ...EVENTS[3],
    event_id: "evt_08",
    payload: { node: "plan", graph_id: "g", thread_id: "lg:T-1:R-1:S1", checkpoint_id },
  });

  test("a run without graphs has nothing to prove", () => {
    expect(diagnosisOf().report.runtime_policy).toBe("NOT_APPLICABLE");
  });

  test("every node that names a checkpoint of the database proves it", () => {
    const { report, validation } = diagnosisOf({
      events: [...EVENTS, node("c1")],
      graph: { checkpoint_ids: ["c1"] },
    });

    expect(report.runtime_policy).toBe("LANGGRAPH_ONLY");
    expect(report.timeline.entries.at(-1)).toMatchObject({ category: "GRAPH" });
    expect(validation.status).toBe("PASS");
  });

  test.each<[string, DiagnosisInput["graph"], JsonObject]>([
    ["a node without a checkpoint", { checkpoint_ids: ["c1"] }, node(null)],
    ["a checkpoint that the database lacks", { checkpoint_ids: ["c1"] }, node("c2")],
    ["no checkpoints at all", { checkpoint_ids: [] }, node("c1")],
    ["nodes of which the database knows nothing", null, node("c1")],
  ])("%s leaves it unproven", (_name, graph, event) => {
    const { report, validation } = diagnosisOf({ events: [...EVENTS, event], graph });

    expect(report.runtime_policy).toBe("UNPROVEN");
    expect(validation.issues.map(({ code }) => code)).toEqual(["RUNTIME_POLICY_UNPROVEN"]);
  });
});

describe("a reader narrows what is shown (FR-OBS-003)", () => {
  const shown = (filter: Partial<DiagnosisFilter>) => {
    const { report, validation } = diagnose(ROTATION, SCOPE, { ...EVERYTHING, ...filter });
    expect(validation.status).toBe("PASS");
    return report.timeline.entries.map(({ correlation }) => correlation.event_id?.slice(4));
  };

  test.each<[string, Partial<DiagnosisFilter>, readonly string[]]>([
    ["a step", { step: "S2" }, ["06"]],
    ["a category", { category: "TAKEOVER" }, ["04", "07"]],
    ["a severity", { severity: "ERROR" }, ["06"]],
    ["a time from", { since: parseInstant(at("09:48:05")) ?? null }, ["04", "05", "06", "07"]],
    ["a time until", { until: parseInstant(at("09:48:00")) ?? null }, ["02"]],
  ])("by %s", (_name, filter, events) => {
    expect(shown(filter)).toEqual(events);
  });
});

test("K-22 a decision recorded as an ordinary event is on the timeline, and every takeover in the history", () => {
  const observed: JsonObject = {
    ...EVENTS[1],
    event_id: "evt_01",
    event_type: "SYSTEM",
    timestamp: at("09:00:00"),
    payload: { stage: "decide", decision_action: "TAKEOVER", takeover_required: true, decided_at: at("09:00:00") },
  };
  const first: JsonObject = { ...EVENTS[2], event_id: "evt_00", timestamp: at("09:00:01"), payload: {} };

  const { report } = diagnosisOf({ events: [...EVENTS, observed, first] });

  expect(report.timeline.entries[0]).toMatchObject({ category: "TAKEOVER", summary: "decided to takeover" });
  expect(report.takeover_history.map(({ takeover_at }) => takeover_at)).toEqual([at("09:00:01"), at("09:48:05")]);
  expect(report.takeover_history[0]).toMatchObject({
    trigger_reason_code: "MANUAL_TAKEOVER",
    decision_latency_seconds: 1,
  });
  expect(report.takeover).toMatchObject({ takeover_at: at("09:48:05") });
});

test("equal inputs in any order give the same bytes", () => {
  const lines: readonly Json[] = [...numbered(EVENTS), ...EVENTS.slice(0, 2), "{half a line", null];
  const expected = JSON.stringify(diagnosisOf({ events: lines }));

  fc.assert(
    fc.property(
      fc.shuffledSubarray([...lines], { minLength: lines.length, maxLength: lines.length }),
      fc.shuffledSubarray([...LEASES], { minLength: LEASES.length, maxLength: LEASES.length }),
      (events, leases) => {
        expect(JSON.stringify(diagnosisOf({ events, leases }))).toBe(expected);
      },
    ),
  );
});

test.each(["Pacific/Kiritimati", "America/St_Johns"])("equal inputs give the same bytes in %s", (zone) => {
  const expected = JSON.stringify(diagnosisOf());
  const home = process.env.TZ;

  try {
    process.env.TZ = zone;
    expect(new Date(SCOPE.generatedAt).getTimezoneOffset()).not.toBe(0);
    expect(JSON.stringify(diagnosisOf())).toBe(expected);
  } finally {
    if (home === undefined) delete process.env.TZ;
    else process.env.TZ = home;
  }
});

test("silence grows with the time of the report and with nothing else", () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (one, other) => {
      const silence = (ms: number) =>
        diagnose(ROTATION, { ...SCOPE, generatedAt: after(SCOPE.generatedAt, ms) }).report.heartbeat.silence_seconds;

      expect(silence(one) <= silence(other)).toBe(one <= other || silence(one) === silence(other));
    }),
  );
});
