import { z } from "zod";
import { type Instant, type Json, parseInstant } from "../../contracts/index.ts";
import type { Unit } from "../unit.ts";
import { type Read, timeless } from "./problem.ts";

const moment = z.string().refine((text) => parseInstant(text) !== undefined, "an instant in UTC");

/** A person's approval of one gate decision that needs a human. */
export const OVERRIDE = z.strictObject({
  override_id: z.string().min(1),
  run_id: z.string().min(1),
  approver: z.string().min(1),
  reason: z.string().min(12, "at least 12 characters"),
  policy_basis: z.string().min(1),
  expires_at: moment,
  recorded_at: moment,
  /** Of the gate decision that was looked at, byte by byte. */
  gate_decision_sha256: z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in lower case"),
});
export type Override = z.infer<typeof OVERRIDE>;

/** What an override has to be for. */
export interface OverrideGround {
  readonly runId: string;
  readonly gateSha256: string;
  /** Why nobody may override this gate decision; null where somebody may. */
  readonly closed: string | null;
  /** Who asked for the run: nobody approves their own. */
  readonly requester: string | null;
  readonly approvers: readonly string[];
  /** Overrides that were used before. */
  readonly used: readonly string[];
  readonly decidedAt: Instant;
}

/** Why an override has no effect; null where it is valid. */
export function overrideProblem(override: Override, ground: OverrideGround): string | null {
  const { override_id, run_id, approver, expires_at, recorded_at, gate_decision_sha256 } = override;
  const { decidedAt } = ground;
  if (ground.closed !== null) return ground.closed;
  if (run_id !== ground.runId) return "it is for another run";
  if (gate_decision_sha256 !== ground.gateSha256) return "it is for another gate decision";
  if (ground.requester === null) return "nobody knows who asked for the run";
  if (approver === ground.requester) return `${approver} asked for the run`;
  if (!ground.approvers.includes(approver)) return `${approver} is none of those who may approve`;
  if (ground.used.includes(override_id)) return "it has been used";
  if ((parseInstant(recorded_at) ?? decidedAt) > decidedAt) return "it was recorded in the future";
  return (parseInstant(expires_at) ?? decidedAt) <= decidedAt ? `it expired at ${expires_at}` : null;
}

/** An override that is offered, and whether it is in order. */
export function overrideUnit(read: Read<Override>, ground: OverrideGround): Unit {
  if (!read.ok) {
    const problem = read.problems.map(({ detail }) => detail).join("; ");
    return timeless("unreadable", { valid: false, problem }, ["override.json"]);
  }
  const problem = overrideProblem(read.value, ground);
  return timeless(read.value.override_id, { ...read.value, valid: problem === null, problem });
}

/** The override as it was offered. */
export const overrideOf = ({ columns }: Unit): Json => {
  const { valid: _, problem: __, ...override } = columns;
  return override;
};
