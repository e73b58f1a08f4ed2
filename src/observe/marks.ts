import { isRunEventType } from "../run/index.ts";
import type { DiagnosisFilter, DiagnosisScope } from "./diagnosis-input.ts";
import { readEvents } from "./diagnosis-input.ts";
import { continuityEvent, type LedgerRun } from "./projection.ts";
import { operatorTimeline, type TimelineEntry } from "./timeline.ts";

/**
 * What an operator has to see of a run's ownership and approvals, as the diagnosis has it. Of a run's own events only its
 * approvals are of that kind, and a run has thousands of others.
 */
export const marksOf = (
  { events }: Pick<LedgerRun, "events">,
  scope: DiagnosisScope,
  filter: DiagnosisFilter,
): readonly TimelineEntry[] =>
  operatorTimeline(
    readEvents(
      events
        .filter(({ type }) => !isRunEventType(type) || type.startsWith("approval."))
        .map((event) => continuityEvent(event, scope.taskId)),
      scope,
    ).events,
    scope,
    filter,
  ).entries;
