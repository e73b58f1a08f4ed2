import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Json, type JsonObject, parseJson, sha256Hex } from "../contracts/index.ts";
import type { StoredEvent } from "../ledger/index.ts";
import { foldRun, type RunRow, recordedRunEvent } from "../run/index.ts";
import { checkContract } from "./contracts.ts";
import { diagnose } from "./diagnosis.ts";
import { continuityEvent, diagnosisInput, type LedgerRun, scopeOf } from "./projection.ts";
import { recoveryOf } from "./recovery-files.ts";
import {
  asked,
  at,
  decided,
  failed,
  IDENTITY,
  type Recorded,
  START,
  started,
  stream,
  succeeded,
} from "./testing/recorded.ts";

const ROW: RunRow = {
  tenant_id: IDENTITY.tenant_id,
  run_id: IDENTITY.run_id,
  stream_day: "2026-01-30",
  workflow_id: IDENTITY.workflow_id,
  pack_id: IDENTITY.pack_id,
  pack_digest: IDENTITY.pack_digest,
  correlation_id: IDENTITY.correlation_id,
  principal_id: IDENTITY.principal_id,
  channel: "ci",
  status: "RUNNING",
  outcome: null,
  code: null,
  epoch: 1,
  version: 1,
  head_seq: 1,
  head_hash: "0".repeat(64),
  snapshot: null,
  snapshot_seq: 0,
  document_sha256: null,
  cost_micros: 0,
  started_at: START,
  updated_at: START,
  ended_at: null,
};

const stateOf = (events: readonly StoredEvent[]) =>
  foldRun(
    events.flatMap(({ type, at: moment, step, payload }) => {
      const parsed: Json = JSON.parse(payload ?? "null");
      return recordedRunEvent({ type, at: moment, step, payload: parsed }) ?? [];
    }),
  );

const ledgerRun = (events: readonly StoredEvent[], change: Partial<LedgerRun> = {}): LedgerRun => ({
  row: ROW,
  state: stateOf(events),
  events,
  beside: [],
  lease: null,
  tokens: [],
  checkpointIds: [],
  liveness: { leaseMs: 10_000, beatMs: 3_000 },
  ...change,
});

const diagnosisOf = (run: LedgerRun, ms: number) => diagnose(diagnosisInput(run, at(ms)), scopeOf(run, at(ms)));

const takeover = [
  {
    ms: 12_000,
    type: "takeover.decided",
    epoch: 2,
    severity: "warning",
    payload: {
      stage: "decide",
      decision_action: "TAKEOVER",
      decision_reason_code: "HEARTBEAT_STALE",
      heartbeat_status: "STALE",
      lease_reason_code: "EXPIRED_CONTROLLER_LEASE",
      takeover_required: true,
      decided_at: "2026-01-30T12:00:12.000Z",
    },
  },
  {
    ms: 12_000,
    type: "lease.taken_over",
    epoch: 2,
    payload: {
      takeover_at: "2026-01-30T12:00:12.000Z",
      adopted_step_ids: [],
      failed_step_ids: ["pay"],
      reason_code: "HEARTBEAT_STALE",
      epoch_before: 1,
      epoch_after: 2,
      stale_since: "2026-01-30T12:00:10.200Z",
      detected_at: "2026-01-30T12:00:12.000Z",
    },
  },
  {
    ms: 12_000,
    type: "lease.not_adopted",
    step: "pay",
    epoch: 2,
    severity: "error",
    payload: { reason_code: "LEASE_NOT_ADOPTED", takeover_at: "2026-01-30T12:00:12.000Z" },
  },
  {
    ms: 12_000,
    type: "lease.registered",
    epoch: 2,
    payload: {
      operation: "LEASE_REGISTERED",
      reason_code: "RECOVERED_UNDER_FRESH_LEASE",
      resumed_step_ids: ["pay"],
      takeover_at: "2026-01-30T12:00:12.000Z",
    },
  },
] as const;

const takenOver = stream(started, succeeded(200, "fetch", "pay"), ...takeover);
const heldBySuccessor = { worker_id: "worker-2", epoch: 2, due_at: at(22_000) };

const TOKEN = {
  lane: "controller",
  step_id: "fetch",
  run_id: ROW.run_id,
  thread_id: "agent",
  host_id: "host",
  pid: 7,
  token_sha256: "abcdef".repeat(6),
  predecessor_token_fp: null,
  epoch: 1,
  ttl_seconds: 1_800,
  status: "ACTIVE",
  expiry: at(1_800_000),
  last_heartbeat_at: at(0),
  created_at: at(0),
  updated_at: at(0),
} as const;

describe("our ledger in the words of the continuity contracts", () => {
  test("K-02 every event of a run keeps its place, is valid by the contract, and carries nothing of the business", () => {
    const events = stream(
      started,
      failed(100, "fetch", 1_000),
      succeeded(200, "fetch", "pay", 2),
      asked(300, "pay"),
      decided(400, "pay", null),
      { ms: 500, type: "note.made", payload: { text: "x" } },
      ...takeover,
    ).map((event) => continuityEvent(event, "W"));

    for (const { seq: _, epoch: __, ...document } of events) {
      const checked = checkContract("event", document);
      expect(checked).toEqual({ ok: true, value: document });
    }
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ event_type }) => event_type)).toEqual([
      "SYSTEM",
      "STEP_FAILED",
      "STEP_COMPLETED",
      "SYSTEM",
      "SYSTEM",
      "SYSTEM",
      "HEARTBEAT_STALE",
      "LEASE_TAKEOVER",
      "STEP_FAILED",
      "SYSTEM",
    ]);
    expect(events[3]).toMatchObject({ payload: { operation: "APPROVAL_REQUESTED", approval_id: "ap-1" } });
    expect(events[5]).toMatchObject({ payload: { operation: "NOTE_MADE", text: "x" } });
    expect(events[0]).toMatchObject({ event_id: "evt_0198c3f000007000800000000000" + "0001", epoch: null });
    expect(JSON.stringify(events)).not.toContain("secret");
  });

  test("K-04 whatever an event is called and says, what is written of it is valid by the contract", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom("lease.taken_over", "takeover.decided"), fc.string()),
        fc.json(),
        (type, said) => {
          const [event] = stream(started).map((stored) => ({ ...stored, type, payload: said }));
          const { seq: _, epoch: __, ...document } = continuityEvent(event ?? expect.fail("there is one"), "W");

          expect(checkContract("event", document)).toEqual({ ok: true, value: document });
        },
      ),
    );
  });

  test("an event whose payload was erased is still there", () => {
    const [event] = stream(started).map((stored) => ({ ...stored, payload: null }));

    expect(event === undefined ? null : continuityEvent(event, "W")).toMatchObject({
      event_type: "SYSTEM",
      payload: { operation: "RUN_STARTED" },
    });
  });

  test.each<[string, Partial<LedgerRun>, string, string | null]>([
    ["a run that nobody holds is idle", { lease: { worker_id: null, epoch: 1, due_at: null } }, "IDLE", null],
    ["one in fresh hands is alive", { lease: { worker_id: "w", epoch: 1, due_at: at(18_000) } }, "RUNNING", null],
    [
      "one whose beats are late is warned of",
      { lease: { worker_id: "w", epoch: 1, due_at: at(13_500) } },
      "WARNING",
      "NO_OUTPUT_6S",
    ],
    [
      "one whose lease ran out is stale",
      { lease: { worker_id: "w", epoch: 1, due_at: at(9_000) } },
      "STALE",
      "NO_OUTPUT_10S",
    ],
    [
      "one that waits for a person need not beat",
      { row: { ...ROW, status: "SUSPENDED_HITL" } },
      "BLOCKED",
      "AWAITING_APPROVAL",
    ],
    [
      "one that was blocked says why",
      { row: { ...ROW, status: "BLOCKED", code: "RUN_BLOCKED" } },
      "BLOCKED",
      "RUN_BLOCKED",
    ],
  ])("%s", (_name, change, status, reason) => {
    const run = ledgerRun(stream(started), change);

    expect(diagnosisOf(run, 10_000).report.heartbeat).toMatchObject({ status, reason_code: reason });
  });

  test.each([
    ["alive", 899, "RUNNING", null],
    ["warned of", 900, "WARNING", "NO_OUTPUT_15M"],
    ["stale", 1_200, "STALE", "NO_OUTPUT_20M"],
  ])(
    "who holds a run by token is %s after %i s without a beat, whenever its lease ends",
    (_, seconds, status, reason) => {
      const run = ledgerRun(stream(started), {
        lease: { worker_id: "lease:agent", epoch: 1, due_at: at(1_800_000) },
        tokens: [TOKEN],
      });
      const { heartbeat, lease_transitions } = diagnosisOf(run, seconds * 1_000).report;

      expect(heartbeat).toMatchObject({ status, reason_code: reason, silence_seconds: seconds });
      expect(lease_transitions).toMatchObject([
        { to_status: "ACTIVE", thread_id: "agent", pid: 7, lease_token: "fp:abcdefabcdef" },
      ]);
    },
  );

  test("CO-303 a takeover by another worker is diagnosed whole: trigger, latency, lease, and nothing that does not add up", () => {
    const run = ledgerRun(takenOver, { lease: heldBySuccessor });
    const { report, validation } = diagnosisOf(run, 15_000);

    expect(validation).toEqual({ status: "PASS", issue_count: 0, issues: [] });
    expect(report.takeover).toMatchObject({
      trigger_reason_code: "HEARTBEAT_STALE",
      lease_reason_code: "EXPIRED_CONTROLLER_LEASE",
      decision_latency_seconds: 0,
      failed_step_ids: ["pay"],
    });
    expect(report.lease_transitions[0]).toMatchObject({ to_status: "ACTIVE", thread_id: "worker-2" });
    expect(report.runtime_policy).toBe("NOT_APPLICABLE");
  });
});

test("CO-630 what was refused to who does not hold a run, beside its stream, is told and counted as of the run, in no place of it", () => {
  const rejected: Recorded = {
    ms: 13_000,
    type: "lease.stale_write_rejected",
    severity: "error",
    payload: { operation: "STALE_WRITE_REJECTED", run_id: ROW.run_id, offered_epoch: 1, current_epoch: 2 },
  };
  const late: Recorded = {
    ms: 14_000,
    type: "lease.expired",
    severity: "warning",
    payload: {
      operation: "LEASE_EXPIRED",
      reason_code: "E_LEASE_LOST",
      run_id: ROW.run_id,
      step_id: "pay",
      lane: "lane-2",
    },
  };
  const beside = stream(rejected, late).map((event) => ({ ...event, stream: "audit", event_id: `audit-${event.seq}` }));
  const run = ledgerRun(takenOver, { lease: heldBySuccessor, beside });
  const { report, validation, evidence } = diagnosisOf(run, 15_000);
  const { files, report: recovery } = recoveryOf(run, at(15_000));
  const lines =
    files
      .find(({ path }) => path === "events.jsonl")
      ?.text.trimEnd()
      .split("\n") ?? [];

  expect(validation).toEqual({ status: "PASS", issue_count: 0, issues: [] });
  expect(evidence.event_count).toBe(takenOver.length + 2);
  expect(report.lease_transitions.slice(-2)).toMatchObject([
    { from_status: "ACTIVE", to_status: "ACTIVE", reason_code: "STALE_WRITE_REJECTED" },
    { from_status: "ACTIVE", to_status: "EXPIRED", reason_code: "LEASE_EXPIRED", correlation: { step_id: "pay" } },
  ]);
  expect(report.timeline.entries.slice(-2)).toMatchObject([
    { category: "LEASE", severity: "ERROR", payload: { offered_epoch: 1, current_epoch: 2 } },
    { category: "LEASE", severity: "WARN" },
  ]);
  expect(recovery.kpis.stale_writes_rejected).toBe(1);
  expect(recovery.evidence_pointers?.events_jsonl.seq_range).toEqual({ from: 1, to: takenOver.length });
  expect(lines).toHaveLength(takenOver.length + 2);
  for (const line of lines) expect(checkContract("event", JSON.parse(line)).ok).toBe(true);
});

describe("a run that executed a graph", () => {
  const graph = { graph_id: "clerk", thread_id: "lg:W:run-1:fetch", checkpoint_id: "c1" };
  const attempt = { lane: "main", attempt: 1 };
  const question = { ...attempt, approval_id: "ap-2", timeout_at: at(3_600_000), checkpoint_id: "c1", ordinal: 0 };
  const checkpointed = {
    ms: 100,
    type: "agent.checkpointed",
    step: "fetch",
    payload: { ...attempt, ...graph, parent_checkpoint_id: null, source: "input", graph_step: -1 },
  };
  const called = { ms: 200, type: "agent.called", step: "fetch", payload: { ...attempt, ...graph, node: "look" } };
  const interrupted = { ms: 300, type: "agent.interrupted", step: "fetch", payload: question };
  const resumed = {
    ms: 500,
    type: "agent.resumed",
    step: "fetch",
    payload: { ...attempt, approval_id: question.approval_id },
  };
  const of = (checkpointIds: readonly string[], ...entries: readonly Recorded[]): LedgerRun => ({
    ...ledgerRun(stream(started)),
    events: stream(started, ...entries),
    checkpointIds,
  });

  test("CO-2041 shows each checkpoint as GRAPH_CHECKPOINT, with what it refers to, in the category GRAPH", () => {
    const { entries } = diagnosisOf(of(["c1"], checkpointed, called), 900).report.timeline;

    expect(entries.map(({ category, payload }) => [category, payload])).toEqual([
      ["GRAPH", { operation: "GRAPH_CHECKPOINT", ...attempt, ...graph, parent: null, source: "input", step: -1 }],
      ["GRAPH", { operation: "AGENT_CALLED", ...attempt, ...graph, node: "look" }],
    ]);
  });

  test.each([
    ["the checkpoints that its events name", ["c1"], "LANGGRAPH_ONLY", []],
    ["another checkpoint", ["c2"], "UNPROVEN", ["RUNTIME_POLICY_UNPROVEN"]],
    ["no checkpoint", [], "UNPROVEN", ["RUNTIME_POLICY_UNPROVEN"]],
  ])("RUNTIME_POLICY_UNPROVEN unless the database has %s", (_name, checkpointIds, policy, issues) => {
    for (const entries of [[checkpointed], [checkpointed, called]]) {
      const { report, validation } = diagnosisOf(of(checkpointIds, ...entries), 900);

      expect(report.runtime_policy).toBe(policy);
      expect(validation.issues.map(({ code }) => code)).toEqual(issues);
    }
  });

  test("CO-2061 counts a question of the graph as an approval that waits, until somebody decides it", () => {
    const pending = (...entries: readonly Recorded[]) =>
      recoveryOf(of(["c1"], checkpointed, ...entries), at(900)).report.kpis.approvals_pending;
    const answer = decided(400, "fetch", null);
    const decision = { ...answer, payload: { ...Object(answer.payload), approval_id: question.approval_id } };
    const { entries } = diagnosisOf(of(["c1"], interrupted, decision, resumed), 900).report.timeline;

    expect([pending(), pending(interrupted), pending(interrupted, decision)]).toEqual([0, 1, 0]);
    expect(entries.map(({ category, payload }) => [category, payload.operation])).toEqual([
      ["APPROVAL", "APPROVAL_REQUESTED"],
      ["APPROVAL", "APPROVAL_DECIDED"],
      ["APPROVAL", "APPROVAL_CONSUMED"],
    ]);
  });
});

describe("a recovery report with its evidence", () => {
  const run = ledgerRun(takenOver, { lease: heldBySuccessor });
  const { report, markdown, files } = recoveryOf(run, at(15_000));
  const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? "";

  test("what a fresh lease resumed passes, with the epochs and delays that the takeover tells", () => {
    expect(report.continuity_outcome.status).toBe("PASS");
    expect(report.takeover_latency).toMatchObject({ epoch_before: 1, epoch_after: 2 });
    expect(report.kpis).toMatchObject({ detection_delay_seconds: 1, takeover_latency_seconds: 0, steps_resumed: 1 });
  });

  test("every pointer of the persisted report resolves, with the digest of what it points at", () => {
    const persisted = parseJson(textOf("recovery.json"));
    const { state_root, recovery_json, ...pointers } = report.evidence_pointers ?? expect.fail("pointers are there");

    expect(persisted).toEqual({ ok: true, value: JSON.parse(JSON.stringify(report)) });
    expect(state_root).toBe(".");
    for (const { path, sha256 } of Object.values(pointers)) expect(sha256Hex(textOf(path))).toBe(sha256);
    expect(recovery_json).toEqual({ path: "recovery.json", sha256: null });
    expect(pointers.events_jsonl.seq_range).toEqual({ from: 1, to: takenOver.length });
    expect(textOf("recovery.md")).toBe(markdown);
    expect(markdown).toContain(`- events.jsonl: sha256 ${pointers.events_jsonl.sha256}, events 1 to 6`);
  });

  test("the documents are valid by their contracts, and hold no token", () => {
    for (const contract of ["pipeline_state", "heartbeat_status", "process_leases"] as const) {
      const document: JsonObject = JSON.parse(textOf(`${contract}.json`));
      expect(checkContract(contract, document)).toEqual({ ok: true, value: document });
    }
    for (const line of textOf("events.jsonl").trimEnd().split("\n")) {
      const document: JsonObject = JSON.parse(line);
      expect(checkContract("event", document)).toEqual({ ok: true, value: document });
    }
    expect(JSON.parse(textOf("process_leases.json")).leases[0].lease_token).toMatch(/^fp:[0-9a-f]{12}$/);
  });

  test("the state of the pipeline says what the handoff that was applied says", () => {
    const payload = {
      resume_step_id: "pay",
      next_action: "resume",
      resumable_step_ids: ["pay", "ship"],
      skipped_step_ids: ["fetch"],
      failed_step_ids: [],
      pending_step_ids: ["pay", "ship"],
    };
    const handed = ledgerRun(stream(started, { ms: 300, type: "handoff.applied", step: "pay", payload }));
    const { files } = recoveryOf(handed, at(900));
    const state = JSON.parse(files.find(({ path }) => path === "pipeline_state.json")?.text ?? "{}");

    expect(state.role_lifecycle).toMatchObject({
      handoff_resume_step: "pay",
      handoff_next_action: "resume",
      handoff_resumable_steps: "pay,ship",
      handoff_skipped_steps: "fetch",
      handoff_failed_steps: "none",
    });
    expect(checkContract("pipeline_state", state).ok).toBe(true);
  });

  test("a healthy run has nothing to report, and making the report twice gives the same bytes", () => {
    const healthy = ledgerRun(stream(started, succeeded(200, "fetch", null)));

    expect(recoveryOf(healthy, at(900)).report.continuity_outcome.status).toBe("NOT_APPLICABLE");
    expect(JSON.stringify(recoveryOf(run, at(15_000)))).toBe(JSON.stringify({ report, markdown, files }));
  });
});
