import type { ContinuityEvent } from "./continuity-event.ts";
import { textOrNull } from "./continuity-event.ts";

/** What the database holds of the graphs that a run executed. */
export interface GraphEvidence {
  readonly checkpoint_ids: readonly string[];
}

/** Whether the run was executed by the graph engine: shown by its record, not asserted. */
export type RuntimePolicy = "LANGGRAPH_ONLY" | "UNPROVEN" | "NOT_APPLICABLE";

/**
 * Proven when the database has a checkpoint, and every event of a graph or of a node names graph, thread and a checkpoint that is
 * there. A run without graphs has nothing to prove.
 */
export function runtimePolicy(graph: GraphEvidence | null, events: readonly ContinuityEvent[]): RuntimePolicy {
  const executed = events.filter(isOfGraph);
  if (graph === null && executed.length === 0) return "NOT_APPLICABLE";
  const known = new Set(graph?.checkpoint_ids);
  const isProven = known.size > 0 && executed.length > 0 && executed.every((event) => isReferenced(event, known));
  return isProven ? "LANGGRAPH_ONLY" : "UNPROVEN";
}

const isOfGraph = ({ payload }: ContinuityEvent): boolean =>
  textOrNull(payload.node) !== null || textOrNull(payload.graph_id) !== null;

const isReferenced = ({ payload }: ContinuityEvent, known: ReadonlySet<string>): boolean =>
  textOrNull(payload.graph_id) !== null &&
  textOrNull(payload.thread_id) !== null &&
  known.has(textOrNull(payload.checkpoint_id) ?? "");
