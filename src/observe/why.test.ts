import { describe, expect, test } from "vitest";
import { instant } from "../contracts/index.ts";
import type { LanePhase, RunState } from "../run/index.ts";
import { type LeaseFact, whyOf, whyText } from "./why.ts";

const NOON = instant(Date.UTC(2026, 0, 2, 12, 5));

const state = (phase: LanePhase, rest: Partial<RunState> = {}): RunState => ({
  run_id: "r",
  tenant_id: "shop",
  workflow_id: "W",
  pack_id: "p",
  pack_digest: "d",
  correlation_id: "c",
  principal_id: "olga",
  channel: "ci",
  started_at: NOON,
  seed: 1,
  status: "RUNNING",
  stage: "forward",
  outcome: null,
  code: null,
  document: {},
  document_version: 0,
  lanes: { main: { id: "main", step: "pay", phase, counted: true } },
  steps: {},
  counters: { steps: 1, tool_calls: 0, tool_calls_per_type: {}, tokens: 0, active_ms: 0 },
  marks: [],
  retries: 0,
  failure: null,
  compensation: null,
  leftover: false,
  signals: [],
  agents: {},
  cancel_requested: false,
  active_since: null,
  ...rest,
});

const READY: LanePhase = { kind: "ready", attempt: 1 };
const APPROVAL: LanePhase = { kind: "approval", attempt: 1, approval_id: "a", timeout_at: NOON };
const WAITING: LanePhase = {
  kind: "waiting",
  since: NOON,
  until: NOON,
  poll_at: null,
  polls: 0,
  event_type: null,
  entity_id: null,
};
const row = { run_id: "r", status: "RUNNING", ended_at: null, code: null } as const;
const pending = { approval_id: "a", status: "PENDING", tool_name: "executeRefund" } as const;
const why = (run: RunState, approvals: readonly (typeof pending)[] = []) =>
  whyText(whyOf(run, { row, approvals, lease: null }));

describe("where a run is, in one sentence", () => {
  test("blocked: what to do, and which command has it tried again", () => {
    const blocked = whyOf(state(READY), { row: { ...row, status: "BLOCKED" }, approvals: [], lease: null });

    expect(whyText(blocked)).toMatch(/^was claimed too often .*mend the cause; then `countermark run resume r`$/);
  });

  test("blocked for a lost lease: that it was lost, and which command gives it a fresh one", () => {
    const facts = { row: { ...row, status: "BLOCKED", code: "E_LEASE_LOST" }, approvals: [], lease: null } as const;
    const blocked = whyOf(state(READY), facts);

    expect(whyText(blocked)).toMatch(/^lost its holder, .*then `countermark run resume r`$/);
  });

  test("blocked for a handoff that cannot be applied: that it was taken over, and which command has it go on", () => {
    const facts = { row: { ...row, status: "BLOCKED", code: "E_HANDOFF_FAILED" }, approvals: [], lease: null } as const;

    expect(whyText(whyOf(state(READY), facts))).toMatch(/^was taken over, .*then `countermark run resume r`$/);
  });

  test.each([
    ["EVENT_LOG_TRUNCATED", /^lacks its last entries; .*then `countermark run resume r`$/],
    ["EVENT_LOG_CORRUPT", /^has an entry that is not what was written; .*then `countermark run resume r`$/],
    ["EVENT_SEQUENCE_GAP", /^lacks an entry; .*then `countermark run resume r`$/],
  ])("blocked for %s: what is wrong with its record, and how to see where", (code, says) => {
    const facts = { row: { ...row, status: "BLOCKED", code }, approvals: [], lease: null } as const;

    expect(whyText(whyOf(state(READY), facts))).toMatch(says);
  });

  test.each<[string, RunState, RegExp]>([
    ["nobody runs it", state(READY, { status: "PENDING" }), /^waits for a worker; one runs with `countermark dev`$/],
    ["at a step", state({ kind: "ready", attempt: 2 }), /^is at step `pay` \(attempt 2\)$/],
    [
      "between attempts",
      state({ kind: "retry", attempt: 2, at: NOON }),
      /again at 2026-01-02 12:05 UTC \(attempt 2\)$/,
    ],
    [
      "waiting for an event",
      state({ ...WAITING, event_type: "sent", entity_id: "shop_ord_1" }),
      /the event `sent` about `shop_ord_1` until 2026-01-02 12:05 UTC; .* `countermark run signal r sent --entity shop_ord_1`$/,
    ],
    ["polling", state({ ...WAITING, poll_at: NOON }), /^polls at step `pay`, next at 2026-01-02 12:05 UTC$/],
    [
      "waiting for a person",
      state(WAITING),
      /until 2026-01-02 12:05 UTC; where a person may resume it, `countermark run resume r`$/,
    ],
    [
      "an unknown effect to settle",
      state({ kind: "unknown", attempt: 1, look_at: null, code: "TOOL_TIMEOUT" }),
      /took effect \(TOOL_TIMEOUT\); look it up .* `countermark run resolve r`$/,
    ],
    [
      "an unknown effect to look up",
      state({ kind: "unknown", attempt: 1, look_at: NOON, code: "TOOL_TIMEOUT" }),
      /it looks again at 2026-01-02 12:05 UTC$/,
    ],
    ["being cancelled", state(READY, { cancel_requested: true }), /^is being cancelled: is at step/],
    ["ended well", state(READY, { outcome: "SUCCESS" }), /^succeeded$/],
    [
      "ended with something left",
      state(READY, { outcome: "CANCELLED", leftover: true }),
      /^was cancelled; something it did could not be undone/,
    ],
  ])("%s", (_name, run, sentence) => {
    expect(why(run)).toMatch(sentence);
  });

  test("an approval says who is waited for, until when, and the command that decides it", () => {
    expect(why(state(APPROVAL), [pending])).toBe(
      "waits for an approver to decide executeRefund until 2026-01-02 12:05 UTC; approve it with `countermark approve a`",
    );
  });

  test("what only people can move comes before what moves by itself", () => {
    const run = state(READY, {
      lanes: {
        main: { id: "main", step: "both", phase: { kind: "branching" }, counted: true },
        b: { id: "b", step: "b", phase: READY, counted: true },
        pay: { id: "pay", step: "pay", phase: APPROVAL, counted: true },
      },
    });

    expect(why(run, [pending])).toMatch(/^waits for an approver/);
  });

  test("a failed run names the code, the step, the reason and the remedy", () => {
    const failure = { code: "HITL_DENIED", message: "no", step: "pay", on_failure: null, rollback: true };
    const run = state(READY, { outcome: "UNEXPECTED_FAILURE", code: "HITL_DENIED", failure });

    expect(why(run)).toBe(
      "failed: HITL_DENIED at step `pay` (no); see the reason; start a new run when it is settled; see where with `countermark run timeline r`",
    );
  });

  test("a run that undoes itself says what it undoes", () => {
    const failure = { code: "TOOL_ERROR", message: "no", step: "ship", on_failure: null, rollback: true };
    const compensation = { lane: null, held: [], plan: ["pay"], at: 0, phase: READY, tried: {}, escalated: [] };

    expect(
      why(
        state({ kind: "failed", code: "TOOL_ERROR", message: "no" }, { stage: "compensating", failure, compensation }),
      ),
    ).toBe("undoes what it did after TOOL_ERROR: is at step `pay` (attempt 1)");
  });

  test("a run that could not undo a step says whom it waits for, also while it undoes others", () => {
    const failure = { code: "TOOL_ERROR", message: "no", step: "ship", on_failure: null, rollback: true };
    const asked = { kind: "approval", attempt: 4, approval_id: "ap_1", timeout_at: NOON } as const;
    const failed = { step: "hold", attempt: 3, code: "POD_UNAVAILABLE", message: "no", phase: asked };
    const undoing = { lane: null, held: [], plan: ["hold", "pay"], at: 1, phase: READY, tried: {} };
    const compensation = { ...undoing, escalated: [failed] };

    expect(
      why(
        state({ kind: "failed", code: "TOOL_ERROR", message: "no" }, { stage: "compensating", failure, compensation }),
      ),
    ).toMatch(/^undoes what it did after TOOL_ERROR: waits for an approver to decide .* `countermark approve ap_1`$/);
  });

  test.each<[string, LeaseFact, RegExp]>([
    [
      "held: by whom, under which epoch, until when",
      { worker_id: "w1", epoch: 3, due_at: instant(NOON + 8_000) },
      /^is at step `pay` \(attempt 1\), in the hands of `w1` under epoch 3, whose lease lasts until 2026-01-02 12:05 UTC/,
    ],
    [
      "stale: since when, and who takes it over",
      { worker_id: "w1", epoch: 3, due_at: instant(NOON - 1_000) },
      /^was left at step `pay` by `w1`, whose lease ran out at 2026-01-02 12:04 UTC under epoch 3; .*`countermark dev`$/,
    ],
    [
      "due and taken by nobody",
      { worker_id: null, epoch: 3, due_at: instant(NOON - 60_000) },
      /^is due at step `pay` since 2026-01-02 12:04 UTC, and no worker has taken it; one runs with `countermark dev`$/,
    ],
    ["due this instant", { worker_id: null, epoch: 3, due_at: NOON }, /^is at step `pay` \(attempt 1\)$/],
    ["at rest", { worker_id: null, epoch: 3, due_at: null }, /^is at step `pay` \(attempt 1\)$/],
  ])("a run's lease, %s", (_name, fact, sentence) => {
    expect(whyText(whyOf(state(READY), { row, approvals: [], lease: { fact, now: NOON } }))).toMatch(sentence);
  });
});
