import type { StreamEntry } from "../ledger/index.ts";
import { isRunEventType } from "../run/index.ts";
import type { DiagnosisFilter, DiagnosisScope } from "./diagnosis-input.ts";
import { readEvents } from "./diagnosis-input.ts";
import { continuityEvent } from "./projection.ts";
import { operatorTimeline, type TimelineEntry } from "./timeline.ts";

/**
 * Whether an entry of a run's stream concerns its ownership or its approvals. Of a run's own events only its approvals do, and a run has
 * thousands of others.
 */
export const isMark = ({ type }: StreamEntry): boolean =>
  !isRunEventType(type) || type.startsWith("approval.") || OF_APPROVALS.has(type);

/** The questions of a graph are approvals, and so are the answers to them. */
const OF_APPROVALS: ReadonlySet<string> = new Set(["agent.interrupted", "agent.resumed"]);

/** What an operator has to see of those entries, as the diagnosis has it. */
export const marksOf = (
  entries: readonly StreamEntry[],
  scope: DiagnosisScope,
  filter: DiagnosisFilter,
): readonly TimelineEntry[] =>
  operatorTimeline(
    readEvents(
      entries.map((entry) => continuityEvent(entry, scope.taskId)),
      scope,
    ).events,
    scope,
    filter,
  ).entries;
