import { instant } from "../../contracts/index.ts";
import type { RunState } from "../../run/index.ts";

export const START = instant(Date.UTC(2026, 0, 30, 12));

/** Who the run of these tests is. */
export const IDENTITY = {
  run_id: "run-1",
  tenant_id: "t1",
  workflow_id: "W",
  pack_id: "shop",
  pack_digest: "0".repeat(64),
  correlation_id: "correlation-1",
  principal_id: "principal-1",
  channel: "controlled_fixture",
  started_at: START,
  seed: 7,
} as const satisfies Partial<RunState>;
