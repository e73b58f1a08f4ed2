import { describe, expect, test } from "vitest";
import { type SoakPayload, soakCheckpoint, soakGate } from "./soak.ts";

const ASSERTIONS = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11];

const payload = (
  scenario_id: string,
  decision_reason_code = "HEARTBEAT_STALE",
  more: { readonly assertions?: readonly number[]; readonly false?: number; readonly events?: number } = {},
): SoakPayload => ({
  scenario_id,
  takeover_action: "TAKEOVER",
  decision_reason_code,
  handoff_applied: true,
  handoff_resume_step_id: "S1",
  event_count: more.events ?? 10,
  replay_count: 10,
  continuity_assertion_results: Object.fromEntries(
    (more.assertions ?? ASSERTIONS).map((each) => [`CONT-${String(each).padStart(3, "0")}`, each !== more.false]),
  ),
});

const SECOND = "warning-invalid-lease-forced-takeover";
const EXPIRED = "INVALID_LEASE_EXPIRED_CONTROLLER_LEASE";
const WITHOUT_SIX = [1, 2, 3, 4, 5, 7, 8, 9, 10, 11];

const STATED = [
  payload("stale-takeover-handoff-resume"),
  payload(SECOND, EXPIRED, { assertions: WITHOUT_SIX }),
  payload("stale-invalid-lease-core-rotation"),
  payload("stale-active-lease-dedup-escalation"),
];

const WHEN = { taskId: "DKT-052", at: "2026-02-12T09:46:00+00:00" };

const HASHES = [
  "1f0470a0ff89d1524691600df6e6abc1bd8b1da588547dd43a1fafe927cf80f7",
  "9804b9b4a36bdb90b6eaa83cdbd751514b38f6d3aa6170142a409c84131c39df",
  "a8277594922d4c3105fad48d3c62245f569b9bc6eeca9a01663f13df4716d729",
  "89c53bf8e7606daa8824cb2f7cdb9802258743e5f32fb4b36f6e463fd4e7f871",
];

describe("a soak's checkpoints", () => {
  test("CO-1202 hash to what is stated for the four scenarios", () => {
    expect(STATED.map((each) => soakCheckpoint(1, each).checkpoint_hash)).toEqual(HASHES);
  });

  test("CO-1202 hash to something else where one assertion is false", () => {
    const broken = soakCheckpoint(1, payload(SECOND, EXPIRED, { assertions: WITHOUT_SIX, false: 5 }));

    expect(broken.checkpoint_hash).toBe("caa8549490044adc32461d703b13d0bfc1a13e664dd7cc51227651a429768261");
  });

  test("CO-1203 three iterations of four scenarios are twelve checkpoints with four hashes, and pass", () => {
    const all = [1, 2, 3].flatMap((iteration) => STATED.map((each) => soakCheckpoint(iteration, each)));

    expect(new Set(all.map(({ checkpoint_hash }) => checkpoint_hash)).size).toBe(4);
    expect(soakGate(all, WHEN)).toMatchObject({ task_id: "DKT-052", status: "PASS", eligible: true });
  });

  test("CO-1203 one event more in one iteration fails determinism and variance", () => {
    const all = [10, 11].map((events, index) => soakCheckpoint(index + 1, payload(SECOND, EXPIRED, { events })));
    const { status, criteria } = soakGate(all, WHEN);

    expect(status).toBe("FAIL");
    expect(criteria.deterministic_checkpoint_hashes?.passed).toBe(false);
    expect(criteria.bounded_variance?.passed).toBe(false);
    expect(criteria.continuity_assertions_all_passed?.passed).toBe(true);
  });

  test("CO-1203 without checkpoints every check is false", () => {
    const { status, criteria } = soakGate([], WHEN);

    expect(status).toBe("FAIL");
    expect(Object.values(criteria).map(({ passed }) => passed)).toEqual([false, false, false, false]);
  });

  test("CO-1203 an assertion about replay that is false fails consistency as well", () => {
    const { criteria } = soakGate([soakCheckpoint(1, payload(SECOND, EXPIRED, { false: 10 }))], WHEN);

    expect(criteria.takeover_handoff_replay_consistent?.passed).toBe(false);
    expect(criteria.continuity_assertions_all_passed?.passed).toBe(false);
  });
});
