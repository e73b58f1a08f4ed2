import { describe, expect, test } from "vitest";
import { instant, type JsonObject } from "../contracts/index.ts";
import type { DiagnosisInput } from "./diagnosis-input.ts";
import { recoveryMarkdown } from "./recovery-markdown.ts";
import { type AssertionResults, recoveryReport } from "./recovery-report.ts";
import { at, EVENTS, LEASES, ROTATION, SCOPE, without } from "./testing/rotation.ts";

const reportOf = (change: Partial<DiagnosisInput> = {}, assertions: AssertionResults = {}) =>
  recoveryReport({ ...ROTATION, ...change }, SCOPE, assertions);

const resumed: JsonObject = {
  ...EVENTS[5],
  event_id: "evt_08",
  step_id: "S2",
  event_type: "STEP_STARTED",
  timestamp: at("09:49:00"),
  payload: {},
};

/** The heartbeat once the successor is at work. */
const alive: DiagnosisInput["heartbeat"] = {
  status: "RUNNING",
  last_heartbeat_at: at("09:49:30"),
  reason_code: null,
  warning_after_seconds: 900,
  stale_after_seconds: 1200,
  step_id: "S1",
};

describe("a rotation of owners is reported (CO-932)", () => {
  test("the silence, when it was noticed, and how long it had lasted", () => {
    expect(reportOf().stale_detection).toEqual({
      heartbeat_status: "STALE",
      reason_code: "NO_OUTPUT_20M",
      silence_seconds: 7740,
      warning_after_seconds: 900,
      stale_after_seconds: 1200,
      stale_events_in_timeline: 2,
      timeline_entries: 6,
      detected_at: at("09:46:00"),
      silence_at_detection: 7500,
    });
  });

  test("the takeover, its latency, and what became of each step", () => {
    expect(reportOf().takeover_latency).toEqual({
      detected: true,
      trigger_reason_code: "HEARTBEAT_STALE",
      lease_reason_code: "VALID_ACTIVE_LEASE",
      decision_at: at("09:48:00"),
      takeover_at: at("09:48:05"),
      decision_latency_seconds: 5,
      adopted_step_ids: ["S1"],
      failed_step_ids: ["S2"],
      handoff_applied: true,
      handoff_resume_step_id: "S1",
      epoch_before: null,
      epoch_after: null,
    });
  });

  test("a lost step that nobody resumed needs a person, who is told with which command", () => {
    const { continuity_outcome, next_actions } = reportOf();

    expect(continuity_outcome).toMatchObject({
      status: "REQUIRES_REVIEW",
      validation_status: "PASS",
      validation_issue_count: 0,
      event_count: 6,
      lease_count: 2,
    });
    expect(continuity_outcome.continuity_checks).toContainEqual({ name: "no_unresumed_failed_steps", passed: false });
    expect(next_actions).toEqual([
      {
        action: "decide whether what the takeover lost goes on: S2",
        command: "countermark run resume R-1",
        runbook: "docs/runbook.md#steps-that-a-takeover-lost",
      },
    ]);
  });

  test("the key figures", () => {
    expect(reportOf({ events: [...EVENTS, resumed] }).kpis).toEqual({
      detection_delay_seconds: 6300,
      decision_delay_seconds: 120,
      takeover_latency_seconds: 125,
      recovery_seconds: 180,
      stale_incidents: 1,
      takeovers: 1,
      steps_adopted: 1,
      steps_failed: 1,
      steps_resumed: 1,
      stale_writes_rejected: 0,
      approvals_pending: 0,
    });
    expect(reportOf().kpis).toMatchObject({
      detection_delay_seconds: 6300,
      decision_delay_seconds: 120,
      takeover_latency_seconds: 125,
      recovery_seconds: null,
      steps_resumed: 0,
    });
  });

  test("the takeover's own word on when the silence began counts where nobody else noticed it", () => {
    const [, decided, taken, ...rest] = EVENTS;
    const payload = { ...Object(taken?.payload), stale_since: at("09:47:00"), detected_at: at("09:47:10") };
    const more = { epoch_before: 3, epoch_after: 4 };
    const events = [decided ?? {}, { ...taken, payload: { ...payload, ...more } }, ...rest];

    const { stale_detection, takeover_latency, kpis } = reportOf({ events });

    expect(stale_detection.detected_at).toBe(at("09:47:10"));
    expect(takeover_latency).toMatchObject({ epoch_before: 3, epoch_after: 4 });
    expect(kpis).toMatchObject({ detection_delay_seconds: 10, takeover_latency_seconds: 55 });
  });

  test("epochs that the takeover does not name are those of the entries around it", () => {
    const events = EVENTS.map((event, index) => ({ ...event, seq: index + 1, epoch: index < 2 ? 7 : 8 }));

    expect(reportOf({ events }).takeover_latency).toMatchObject({ epoch_before: 7, epoch_after: 8 });
  });
});

describe("a run that was taken over twice is reported whole (CO 9.1)", () => {
  /** The rotation once more, from a silence at 10:00 on; of what it lost the second time, this. */
  const again = (failed: readonly string[]): readonly JsonObject[] =>
    EVENTS.filter(({ event_type }) => event_type !== "STEP_FAILED").map((event) => {
      const later = JSON.stringify({ ...event, event_id: `${event.event_id}_again` }).replaceAll("T09:4", "T10:0");
      const moved: JsonObject = JSON.parse(later);
      return moved.event_type === "LEASE_TAKEOVER"
        ? { ...moved, payload: { ...Object(moved.payload), failed_step_ids: failed } }
        : moved;
    });
  const late = { ...SCOPE, generatedAt: instant(Date.UTC(2026, 1, 12, 10, 30)) };
  const twice = (...events: readonly JsonObject[]) => recoveryReport({ ...ROTATION, events }, late);

  test("a step that the first takeover lost is not forgotten with the second", () => {
    const report = twice(...EVENTS, ...again([]));

    expect(report.continuity_outcome.status).toBe("REQUIRES_REVIEW");
    expect(report.continuity_outcome.continuity_checks).toContainEqual({
      name: "no_unresumed_failed_steps",
      passed: false,
    });
    expect(report.next_actions.map(({ action }) => action)).toContain(
      "decide whether what the takeover lost goes on: S2",
    );
    expect(report.kpis).toMatchObject({ takeovers: 2, steps_failed: 1, steps_resumed: 0 });
  });

  test("each loss that was resumed counts, and each that was not", () => {
    const once = twice(...EVENTS, resumed, ...again(["S2"]));
    const both = twice(...EVENTS, resumed, ...again(["S2"]), {
      ...resumed,
      event_id: "evt_09",
      timestamp: at("10:09:00"),
    });

    expect(once.kpis).toMatchObject({ steps_failed: 2, steps_resumed: 1 });
    expect(both.kpis).toMatchObject({ steps_failed: 2, steps_resumed: 2 });
  });
});

describe("an incident's delays are those of its own silence (CO 9.1)", () => {
  const silence = (time: string, signal: string, more: JsonObject = {}): JsonObject => ({
    ...EVENTS[0],
    event_id: `evt_${time}`,
    timestamp: at(time),
    payload: { ...Object(EVENTS[0]?.payload), effective_signal_at: at(signal), ...more },
  });

  test.each<[string, readonly JsonObject[]]>([
    [
      "that its holder broke",
      [
        silence("08:00:00", "07:00:00"),
        {
          ...EVENTS[0],
          event_id: "evt_00",
          event_type: "SYSTEM",
          timestamp: at("08:05:00"),
          payload: { operation: "HEARTBEAT_RECOVERED", silence_seconds: 0 },
        },
      ],
    ],
    ["of another lane", [silence("08:00:00", "07:00:00", { lane: "lane-2" })]],
  ])("not of one %s", (_name, before) => {
    const report = reportOf({ events: [...before, ...EVENTS] });

    expect(report.stale_detection).toMatchObject({ detected_at: at("09:46:00"), silence_at_detection: 7_500 });
    expect(report.kpis).toMatchObject({
      detection_delay_seconds: 6_300,
      decision_delay_seconds: 120,
      takeover_latency_seconds: 125,
      stale_incidents: 2,
    });
  });
});

describe("a report's outcome (CO 9.1)", () => {
  const quiet = { events: [], leases: [] };

  test.each<[string, string, Partial<DiagnosisInput>, AssertionResults]>([
    ["a healthy run has nothing to report", "NOT_APPLICABLE", { ...quiet, heartbeat: alive }, {}],
    [
      "a takeover after which everything goes on passes",
      "PASS",
      { events: [...EVENTS, resumed] },
      { "CONT-001": true },
    ],
    [
      "a fresh lease resumes what was lost",
      "PASS",
      {
        events: [
          ...EVENTS,
          { ...resumed, event_type: "SYSTEM", payload: { operation: "LEASE_REGISTERED", resumed_step_ids: ["S2"] } },
        ],
      },
      {},
    ],
    [
      "a run that has ended waits for nobody",
      "PASS",
      { events: [...EVENTS, { ...resumed, event_type: "SYSTEM", payload: { operation: "RUN_ENDED" } }] },
      {},
    ],
    ["a takeover that was decided and never happened", "REQUIRES_REVIEW", { events: without(4, 5, 6, 7) }, {}],
    ["a silence that nobody noticed", "REQUIRES_REVIEW", quiet, {}],
    [
      "a warning on an incident",
      "REQUIRES_REVIEW",
      { events: [...EVENTS, { ...resumed, payload: { clock_regression: true }, seq: 1 }] },
      {},
    ],
    [
      "an assertion that does not hold",
      "FAIL",
      { events: [...EVENTS, resumed] },
      { "CONT-001": true, "CONT-002": false },
    ],
    ["a record that cannot be read", "FAIL", { events: [...EVENTS, resumed, "{half a line"] }, {}],
    ["two owners at once", "FAIL", { events: [...EVENTS, resumed], leases: [...LEASES, ...LEASES.slice(0, 1)] }, {}],
  ])("%s: %s", (_name, status, change, assertions) => {
    expect(reportOf(change, assertions).continuity_outcome.status).toBe(status);
  });

  test("a record that does not add up is verified first, and a silent run gets a worker", () => {
    const broken = reportOf({ events: [...EVENTS, resumed, "{half a line"] }).next_actions;
    const silent = reportOf({ events: without(4, 5, 6, 7) }).next_actions;

    expect(broken[0]).toMatchObject({ command: "countermark ledger verify R-1" });
    expect(silent.map(({ command }) => command)).toEqual(["countermark dev", "countermark run diagnose R-1"]);
  });

  test("approvals that nobody decided are counted and named as the next act", () => {
    const approval = (number: number, operation: string, approval_id: string): JsonObject => ({
      ...resumed,
      event_id: `evt_1${number}`,
      event_type: "SYSTEM",
      payload: { operation, approval_id },
    });
    const asked = [1, 2, 3].map((number) => approval(number, "APPROVAL_REQUESTED", `a${number}`));
    const closed = [approval(4, "APPROVAL_DECIDED", "a1"), approval(5, "LANE_CANCELLED", "a2")];

    const { kpis, next_actions } = reportOf({ events: [...EVENTS, resumed, ...asked, ...closed] });

    expect(kpis.approvals_pending).toBe(1);
    expect(next_actions.map(({ command }) => command)).toEqual(["countermark inbox"]);
  });
});

describe("a report as a page (CO 9.2)", () => {
  const page = recoveryMarkdown(reportOf());

  test("its sections stand in their order", () => {
    expect(page.split("\n").filter((line) => line.startsWith("#"))).toEqual([
      "# Recovery report",
      "## Stale Detection",
      "## Takeover Latency",
      "## Continuity Outcome",
      "## KPIs",
      "## Timeline Snapshot",
      "## Evidence",
      "## Next Actions",
    ]);
  });

  test("it shows the report's own values, and a dash for what is none", () => {
    const lines = page.split("\n");

    for (const line of [
      "- Task ID: T-1",
      `- Generated At: ${at("09:50:00")}`,
      "- Silence Seconds: 7740",
      "- Detected: true",
      "- Decision Latency: 5",
      "- Failed Steps: S2",
      "- Status: REQUIRES_REVIEW",
      "- takeover_present: PASS",
      "- no_unresumed_failed_steps: FAIL",
      "- detection_delay_seconds: 6300",
      "- recovery_seconds: -",
      "- Total Entries: 6",
      `- T-1/R-1 ${at("09:48:05")} LEASE_TAKEOVER INFO taken over: HEARTBEAT_STALE; adopted S1, lost S2`,
      "1. decide whether what the takeover lost goes on: S2: `countermark run resume R-1` (docs/runbook.md#steps-that-a-takeover-lost)",
    ]) {
      expect(lines).toContain(line);
    }
    expect(recoveryMarkdown(reportOf({ events: [], heartbeat: alive })).split("\n")).toEqual(
      expect.arrayContaining(["- Adopted Steps: -", "- Takeover At: -"]),
    );
  });

  test("text of a record cannot become markup or a new line of it", () => {
    const nasty = { ...resumed, event_type: "HEARTBEAT_STALE", payload: { reason_code: "x\n# owned <script>`" } };
    const lines = recoveryMarkdown(reportOf({ events: [...EVENTS, nasty] })).split("\n");

    expect(lines.filter((line) => line.startsWith("# "))).toEqual(["# Recovery report"]);
    expect(lines.join("\n")).not.toContain("<script>");
  });
});
