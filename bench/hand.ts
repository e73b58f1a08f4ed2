/**
 * A process that works for a measurement. Its argument is `HandSettings` as JSON; it says so when it is ready, then does one
 * order after another and answers each.
 */
import { openInstallation } from "../src/api/index.ts";
import { systemHost } from "../src/contracts/index.ts";
import type { ConnectionOptions } from "../src/store/index.ts";
import { WORKER_PROFILE, type Worker } from "../src/worker/index.ts";
import { commitRows } from "./limit.ts";
import { benchPack, benchTools, type RunsAsked, startRuns } from "./subject.ts";

export interface HandSettings {
  readonly server: ConnectionOptions;
  /** Shared by all hands of a measurement: the installation's key lies there. */
  readonly directory: string;
  readonly stepsPerRun: number;
}

export type Order =
  | ({ readonly kind: "begin" } & RunsAsked)
  /** Starts a worker that drives as many runs at a time. */
  | { readonly kind: "drive"; readonly runsMax: number; readonly leaseMs: number }
  /** Stops that worker. */
  | { readonly kind: "rest" }
  | { readonly kind: "limit"; readonly callers: number; readonly commits: number };

/** What became of an order; the first answer says that the process is ready. */
export interface Answer {
  readonly failure: string | null;
}

const settings: HandSettings = JSON.parse(process.argv[2] ?? "");
const installation = await openInstallation({
  host: systemHost(),
  directory: settings.directory,
  server: settings.server,
  migrate: false,
  tools: benchTools(),
  tier: "HARDENED",
});
const pack = benchPack(settings.stepsPerRun);
const trouble: unknown[] = [];
let worker: Worker | null = null;

process.on("message", (order: Order) => void answer(() => follow(order)));
process.on("disconnect", () => void installation.close());
await answer(async () => undefined);

async function answer(work: () => Promise<void>): Promise<void> {
  let failure: string | null = null;
  try {
    await work();
  } catch (error) {
    failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const said: Answer = { failure };
  process.send?.(said);
}

async function follow(order: Order): Promise<void> {
  switch (order.kind) {
    case "begin":
      return startRuns(installation, pack, order);
    case "drive":
      worker = installation.newWorker({
        profile: { ...WORKER_PROFILE, runsMax: order.runsMax, leaseMs: order.leaseMs, beatMs: order.leaseMs / 3 },
        onTrouble: (_run, error) => void trouble.push(error),
      });
      return worker.start();
    case "rest":
      await worker?.stop();
      worker = null;
      if (trouble.length > 0) throw trouble[0];
      return;
    case "limit":
      return commitRows(installation, order);
  }
}
