import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from "@temporalio/workflow";
import { ATTRIBUTES, type Rest, type RunActivities, type RunWorkflowInput, TOLD_SIGNAL } from "./protocol.ts";

/**
 * Runs inside Temporal's sandbox, bundled from this file: one workflow a run, a loop around one activity. It decides nothing
 * about the run and holds nothing of it but ids. A change here must replay the histories of workflows that are open.
 */

/** Longer than any drive: whether a worker lives, its heartbeats say. */
const DRIVE_MAX = "365 days";

/** Events after which a history is cut: well before the cluster's own limit, and few enough to be read again at each turn. */
const HISTORY_MAX = 256;

const told = defineSignal(TOLD_SIGNAL);

export async function countermarkRun(input: RunWorkflowInput): Promise<void> {
  const { tenantId, runId, leaseMs } = input;
  const { drive } = proxyActivities<RunActivities>({
    startToCloseTimeout: DRIVE_MAX,
    heartbeatTimeout: leaseMs,
    retry: { initialInterval: "1 second", backoffCoefficient: 2, maximumInterval: "5 seconds" },
  });
  let isTold = false;
  setHandler(told, () => {
    isTold = true;
  });
  let shown = "";
  for (;;) {
    isTold = false;
    const rest = await drive({ tenantId, runId });
    if (input.hasAttributes && rest.status !== shown) show(rest);
    shown = rest.status;
    if (rest.isOver && !isTold) return;
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if (continueAsNewSuggested || historyLength > HISTORY_MAX) await continueAsNew<typeof countermarkRun>(input);
    await untilDue(rest, () => isTold);
  }
}

const show = ({ workflowId, channel, status }: Rest): void =>
  upsertSearchAttributes([
    { key: ATTRIBUTES.workflow, value: workflowId },
    { key: ATTRIBUTES.channel, value: channel },
    { key: ATTRIBUTES.status, value: status },
  ]);

async function untilDue({ dueInMs }: Rest, isTold: () => boolean): Promise<void> {
  if (dueInMs === null) await condition(isTold);
  else if (dueInMs > 0) await condition(isTold, Math.ceil(dueInMs));
}
