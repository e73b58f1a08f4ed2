import { fileURLToPath } from "node:url";
import { createApp, type Installation, openInstallation } from "../api/index.ts";
import type { TemporalAddress, Worker } from "../worker/index.ts";
import { bootstrap } from "./bootstrap.ts";
import type { Context } from "./command.ts";
import { note } from "./output.ts";
import { VERSION } from "./version.ts";

/** The built console, beside this program whether it runs from its source or as it was compiled. */
const CONSOLE = fileURLToPath(new URL("../../console/dist", import.meta.url));

/** An installation opened by this process, with the app that serves it and a worker that is not started yet. */
export interface Workshop {
  readonly installation: Installation;
  /** The API: what a server serves, and what a client in this process asks. */
  fetch(request: Request): Response | Promise<Response>;
  readonly worker: Worker;
  /** Stops the worker if it was started, then closes the installation. */
  close(): Promise<void>;
  /** Starts the worker; a second call does nothing. */
  work(): void;
}

/**
 * Opens the configured installation, furnishing it at its first opening. Faults as `openInstallation`, and as its
 * `connectTemporal` where a cluster is to call for runs.
 */
export async function openWorkshop(context: Context, temporal: TemporalAddress | null = null): Promise<Workshop> {
  const { host, config } = context;
  const { directory, server } = config;
  const tools = await context.tools();
  const installation = await openInstallation({ host, directory, server, migrate: true, tools, tier: "HARDENED" });
  let worker: Worker;
  try {
    for (const path of await bootstrap(installation, directory)) note(context, `made \`${path}\``);
    worker = installation.newWorker({
      ...(temporal === null ? {} : { schedule: await installation.connectTemporal(temporal) }),
      onTrouble: (runId, error) => tellTrouble(context, runId, error),
    });
  } catch (error) {
    await installation.close();
    throw error;
  }
  const app = createApp(installation, {
    nudge: () => worker.nudge(),
    version: VERSION,
    consoleDirectory: CONSOLE,
    oidc: config.oidc,
    onTrouble: (error) => tellTrouble(context, "", error),
  });
  let working = false;
  return {
    installation,
    worker,
    fetch: (request) => app.fetch(request),
    work: () => {
      if (!working) worker.start();
      working = true;
    },
    close: async () => {
      if (working || temporal !== null) await worker.stop();
      await installation.close();
    },
  };
}

function tellTrouble(context: Context, runId: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  note(context, `trouble${runId === "" ? "" : ` with run ${runId}`}: ${why}`);
}
