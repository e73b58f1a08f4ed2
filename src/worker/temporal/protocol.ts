/** What the workflow of a run and the workers of an installation tell each other through Temporal: ids, times, statuses. */

/** Where a Temporal cluster answers, and what of it is ours. */
export interface TemporalAddress {
  /** `host:port` of the cluster's gRPC front. */
  readonly address: string;
  readonly namespace: string;
}

/** The workflow's type, and the names by which it is called. */
export const RUN_WORKFLOW = "countermarkRun";
export const TOLD_SIGNAL = "told";

export interface RunWorkflowInput {
  readonly tenantId: string;
  readonly runId: string;
  /** Milliseconds without a beat after which a worker counts as dead: the length of its lease. */
  readonly leaseMs: number;
  /** Whether the cluster knows our search attributes. */
  readonly hasAttributes: boolean;
}

/** How a drive left the run. */
export interface Rest {
  readonly workflowId: string;
  readonly channel: string;
  readonly status: string;
  /** The run has ended and was told nothing since: nobody need call for it again. */
  readonly isOver: boolean;
  /** Milliseconds until somebody should; null: not before the run is told something. */
  readonly dueInMs: number | null;
}

/** The workflow's one activity. */
export interface RunActivities {
  drive(run: Pick<RunWorkflowInput, "tenantId" | "runId">): Promise<Rest>;
}

const keyword = (name: string) => ({ name, type: "KEYWORD" }) as const;

/** Search attributes: by these a run is found in the cluster's own screens. */
export const ATTRIBUTES = {
  tenant: keyword("CountermarkTenant"),
  workflow: keyword("CountermarkWorkflow"),
  channel: keyword("CountermarkChannel"),
  status: keyword("CountermarkStatus"),
};
