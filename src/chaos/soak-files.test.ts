import { expect, test } from "vitest";
import { ASSERTION_IDS } from "./assertions.ts";
import { type SoakPayload, soakCheckpoint, soakGate } from "./soak.ts";
import { soakFiles } from "./soak-files.ts";

const payload = (results: SoakPayload["continuity_assertion_results"]): SoakPayload => ({
  scenario_id: "DS-08",
  takeover_action: "TAKEOVER",
  decision_reason_code: "HEARTBEAT_STALE",
  handoff_applied: true,
  handoff_resume_step_id: "wire",
  event_count: 7,
  replay_count: 7,
  continuity_assertion_results: results,
});

function filesOf(results: SoakPayload["continuity_assertion_results"]): ReadonlyMap<string, string> {
  const checkpoints = [soakCheckpoint(1, payload(results))];
  const gate = soakGate(checkpoints, { taskId: "soak", at: "2026-02-12T09:46:00Z" });
  const files = soakFiles(checkpoints, { gate, command: "countermark soak", exit: gate.eligible ? 0 : 8 });
  return new Map(files.map(({ path, text }) => [path, text]));
}

test("CO-1205 a soak is written down as assertions, checkpoints, gate and what was typed, under plain names", () => {
  const files = filesOf(Object.fromEntries(ASSERTION_IDS.map((id) => [id, true])));

  expect([...files.keys()]).toEqual([
    "continuity-assertions.json",
    "continuity-assertions.md",
    "deterministic-checkpoints.json",
    "release-gate.json",
    "commands.log",
  ]);
  expect(JSON.parse(files.get("commands.log") ?? "")).toEqual({ command: "countermark soak", exit_code: 0 });
  expect(JSON.parse(files.get("release-gate.json") ?? "")).toMatchObject({ status: "PASS" });
});

test("CO-1205 an assertion that failed names where, and CO-1101 one that nothing judged has not passed", () => {
  const files = filesOf({ "CONT-001": true, "CONT-002": false });
  const results = JSON.parse(files.get("continuity-assertions.json") ?? "");

  expect(results[0]).toMatchObject({ assertion: "CONT-001", judged: 1, passed: true });
  expect(results[1]).toMatchObject({ assertion: "CONT-002", failed_in: ["DS-08/1"], passed: false });
  expect(results[2]).toMatchObject({ assertion: "CONT-003", judged: 0, passed: false });
  expect(files.get("continuity-assertions.md")).toContain("| CONT-003 |");
});
