import { proxyActivities, sleep } from "@temporalio/workflow";

/** A workflow of the same name that waits before it drives: what no open history can be replayed by. */
export async function countermarkRun(input: { readonly tenantId: string; readonly runId: string }): Promise<void> {
  const { drive } = proxyActivities({ startToCloseTimeout: "1 day" });
  await sleep(1);
  await drive?.(input);
}
