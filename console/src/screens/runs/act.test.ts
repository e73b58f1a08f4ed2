import { expect, test } from "vitest";
import type { Replay, Takeover } from "../../api/wire.ts";
import { ACTS, parsedObject, replaySaid, takeoverSaid } from "./act.ts";

const REPLAY: Replay = {
  run_id: "r",
  identical: true,
  verdict: "equal",
  drift: "D0",
  drifts: {},
  events: 12,
  document_sha256: null,
  receipts: [],
  first: null,
};

test("each act has a key of its own", () => {
  const keys = Object.values(ACTS).map(({ key }) => key);

  expect(new Set(keys).size).toBe(keys.length);
});

test("a replay says whether anything differs, and where first", () => {
  const first = {
    code: "REPLAY_MISMATCH",
    drift: "D6",
    stream: "r",
    seq: 4,
    type: "step.succeeded",
    step: "pay",
    field_path: "$.next",
    expected: null,
    actual: null,
  } as const;

  expect(replaySaid(REPLAY)).toBe("replayed: all 12 events are decided alike");
  expect(replaySaid({ ...REPLAY, identical: false, verdict: "semantic_drift", drift: "D6", first })).toBe(
    "replayed: another course is taken from event 4, `step.succeeded` at `$.next` (D6)",
  );
});

test("a takeover says what was in the holder's hands, or that the run was left to it", () => {
  const left: Takeover = {
    action: "OBSERVE",
    decision_reason_code: "HEARTBEAT_OK",
    heartbeat_status: "OK",
    lease_reason_code: "VALID",
    takeover: null,
    handoff_applied: false,
    handoff_resume_step_id: null,
    warnings: [],
    successor_thread_id: null,
    leases: [],
  };
  const taken = {
    task_id: "t",
    run_id: "r",
    takeover_at: "2026-01-30T12:00:00.000Z",
    adopted_step_ids: ["pay"],
    failed_step_ids: [],
  };

  expect(takeoverSaid(left)).toBe("left to its holder: HEARTBEAT_OK");
  expect(takeoverSaid({ ...left, action: "TAKEOVER", takeover: taken })).toBe(
    "taken over: the next worker goes on with it; in its hands was `pay`",
  );
});

test("an output that is no object of JSON is refused with a remedy", () => {
  expect(parsedObject('{"id":"L-1"}')).toEqual({ id: "L-1" });
  for (const text of ["{", "[]", "null", "3"]) expect(() => parsedObject(text)).toThrow("no object of JSON");
});
