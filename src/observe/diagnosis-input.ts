import type { Instant, Json } from "../contracts/index.ts";
import { type ContinuityEvent, type ContinuitySeverity, parseContinuityEvent } from "./continuity-event.ts";
import type { GraphEvidence } from "./graph-proof.ts";
import type { HeartbeatRecord } from "./heartbeat.ts";
import type { LeaseRecord } from "./lease-transition.ts";

/** Whose diagnosis it is, and when it is made: the only clock that a diagnosis has. */
export interface DiagnosisScope {
  readonly taskId: string;
  readonly runId: string;
  readonly generatedAt: Instant;
}

/** What is known of a run's continuity, in any order. What belongs to other runs is left out before anything is derived. */
export interface DiagnosisInput {
  /** Events as documents; a line that could not be read is a text. */
  readonly events: readonly Json[];
  readonly heartbeat: HeartbeatRecord | null;
  readonly leases: readonly LeaseRecord[];
  /** The succession that the run's state tells of; null where the state says nothing of it. */
  readonly succession: { readonly last_takeover_at: string | null } | null;
  /** Null: the run executed no graph. */
  readonly graph: GraphEvidence | null;
}

/** What a reader wants to see of a run. Null: everything. Times half open. */
export interface DiagnosisFilter {
  readonly step: string | null;
  readonly category: string | null;
  readonly severity: ContinuitySeverity | null;
  readonly since: Instant | null;
  readonly until: Instant | null;
}

export const EVERYTHING: DiagnosisFilter = { step: null, category: null, severity: null, since: null, until: null };

/** A run's own events, and how many lines could not be read. */
export interface ReadEvents {
  readonly events: readonly ContinuityEvent[];
  readonly unparsable: number;
}

export function readEvents(lines: readonly Json[], { taskId, runId }: DiagnosisScope): ReadEvents {
  const parsed = lines.map(parseContinuityEvent);
  return {
    events: parsed.flatMap((event) =>
      event !== null && event.task_id === taskId && event.run_id === runId ? [event] : [],
    ),
    unparsable: parsed.filter((event) => event === null).length,
  };
}
