import { assert, digestOf, type Json } from "../contracts/index.ts";

/** What one playing of a scenario came to, without anything that differs from one playing to the next. Wire form. */
export interface SoakPayload {
  readonly scenario_id: string;
  readonly takeover_action: "TAKEOVER" | "OBSERVE";
  readonly decision_reason_code: string;
  readonly handoff_applied: boolean;
  /** The step at which the successor went on. */
  readonly handoff_resume_step_id: string | null;
  readonly event_count: number;
  readonly replay_count: number;
  readonly continuity_assertion_results: { readonly [assertion: string]: boolean };
  /** Of the documents of all runs in the end. */
  readonly state_digest?: string;
  /** Of everything that happened and of every run's head, in order: counts alone reveal no corruption. */
  readonly timeline_digest?: string;
}

export interface SoakCheckpoint {
  readonly iteration: number;
  readonly payload: SoakPayload;
  readonly checkpoint_hash: string;
  readonly takeover_handoff_replay_consistent: boolean;
}

/** The assertions that are about takeover, handoff and replay. */
const CONSISTENT = ["CONT-001", "CONT-002", "CONT-003", "CONT-009", "CONT-010", "CONT-011"];

export function soakCheckpoint(iteration: number, payload: SoakPayload): SoakCheckpoint {
  assert(iteration >= 1, "iterations are counted from one");
  const { continuity_assertion_results: results } = payload;
  const plain: Json = JSON.parse(JSON.stringify(payload));
  return {
    iteration,
    payload,
    checkpoint_hash: digestOf(plain),
    takeover_handoff_replay_consistent: CONSISTENT.every((assertion) => results[assertion] !== false),
  };
}

export interface SoakGate {
  readonly task_id: string;
  readonly status: "PASS" | "FAIL";
  readonly eligible: boolean;
  readonly generated_at_utc: string;
  readonly criteria: { readonly [check: string]: { readonly required: true; readonly passed: boolean } };
}

const CHECKS: { readonly [check: string]: (checkpoints: readonly SoakCheckpoint[]) => boolean } = {
  continuity_assertions_all_passed: (all) =>
    all.every(({ payload }) => Object.values(payload.continuity_assertion_results).every(Boolean)),
  takeover_handoff_replay_consistent: (all) => all.every((each) => each.takeover_handoff_replay_consistent),
  deterministic_checkpoint_hashes: (all) =>
    byScenario(all, ({ checkpoint_hash }) => checkpoint_hash).every((hashes) => new Set(hashes).size === 1),
  bounded_variance: (all) =>
    [
      ...byScenario(all, ({ payload }) => payload.event_count),
      ...byScenario(all, ({ payload }) => payload.replay_count),
    ].every((counts) => Math.max(...counts) === Math.min(...counts)),
};

/** PASS only where every check holds, and there is something to check. */
export function soakGate(
  checkpoints: readonly SoakCheckpoint[],
  { taskId, at }: { readonly taskId: string; readonly at: string },
): SoakGate {
  const criteria = Object.fromEntries(
    Object.entries(CHECKS).map(([check, holds]) => [
      check,
      { required: true, passed: checkpoints.length > 0 && holds(checkpoints) } as const,
    ]),
  );
  const eligible = Object.values(criteria).every(({ passed }) => passed);
  return { task_id: taskId, status: eligible ? "PASS" : "FAIL", eligible, generated_at_utc: at, criteria };
}

function byScenario<T>(
  checkpoints: readonly SoakCheckpoint[],
  countedOf: (checkpoint: SoakCheckpoint) => T,
): readonly T[][] {
  const groups = new Map<string, T[]>();
  for (const checkpoint of checkpoints) {
    const { scenario_id: id } = checkpoint.payload;
    groups.set(id, [...(groups.get(id) ?? []), countedOf(checkpoint)]);
  }
  return [...groups.values()];
}
