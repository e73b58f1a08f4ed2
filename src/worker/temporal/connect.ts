import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Client, Connection } from "@temporalio/client";
import type { NativeConnection, WorkflowBundle } from "@temporalio/worker";
import { Fault } from "../../contracts/index.ts";
import type { TemporalAddress } from "./protocol.ts";
import { registerAttributes } from "./search-attributes.ts";

/** The optional packages, loaded when a cluster is used and not before. */
export interface TemporalPackages {
  readonly client: typeof import("@temporalio/client");
  readonly worker: typeof import("@temporalio/worker");
  readonly activity: typeof import("@temporalio/activity");
}

/** Open connections to a cluster that was found fit. */
export interface Cluster {
  readonly packages: TemporalPackages;
  readonly namespace: string;
  readonly client: Client;
  readonly native: NativeConnection;
  /** The sandboxed workflow, as workers run it. */
  readonly bundle: WorkflowBundle;
  /** Whether the cluster knows our search attributes; a cluster that takes none still calls for runs. */
  readonly hasAttributes: boolean;
  close(): Promise<void>;
}

export const importPackages = async (): Promise<TemporalPackages> => {
  const [client, worker, activity] = await Promise.all([
    import("@temporalio/client"),
    import("@temporalio/worker"),
    import("@temporalio/activity"),
  ]);
  return { client, worker, activity };
};

/** How long a cluster may take to answer before it counts as not there. */
const CONNECT_MS_MAX = 5_000;

/** Asks the cluster for its version, empty where it tells none. Faults: SCHEDULER_NOT_INSTALLED, SCHEDULER_UNAVAILABLE. */
export async function probeCluster(where: TemporalAddress, importing = importPackages): Promise<string> {
  const packages = await load(importing);
  const connection = await reach(where, packages);
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return serverVersion;
  } finally {
    await connection.close();
  }
}

/** Connects to a cluster. Faults: SCHEDULER_NOT_INSTALLED, SCHEDULER_UNAVAILABLE. */
export async function connectCluster(where: TemporalAddress, importing = importPackages): Promise<Cluster> {
  const packages = await load(importing);
  silence(packages);
  bundled ??= packages.worker.bundleWorkflowCode({ workflowsPath: workflowPath(), logger: mute(packages) });
  const bundle = await bundled;
  const connection = await reach(where, packages);
  const { namespace } = where;
  try {
    const native = await packages.worker.NativeConnection.connect({ address: where.address });
    return {
      packages,
      namespace,
      client: new packages.client.Client({ connection, namespace }),
      native,
      bundle,
      hasAttributes: await registerAttributes(connection.operatorService, namespace),
      close: async () => {
        await Promise.all([connection.close(), native.close()]);
      },
    };
  } catch (cause) {
    await connection.close();
    throw unavailable(where, cause);
  }
}

async function load(importing: () => Promise<TemporalPackages>): Promise<TemporalPackages> {
  try {
    return await importing();
  } catch (cause) {
    throw new Fault("SCHEDULER_NOT_INSTALLED", "the packages of the temporal scheduler are not installed", {
      retry: "never",
      cause,
    });
  }
}

/** A connection to a cluster that answers and has the namespace. */
async function reach(where: TemporalAddress, { client }: TemporalPackages): Promise<Connection> {
  const { address, namespace } = where;
  try {
    // Without the SDK's own retries: one that is waiting when the connection closes throws where nobody can catch it, and
    // whoever asks here asks again anyway.
    const connection = await client.Connection.connect({ address, connectTimeout: CONNECT_MS_MAX, interceptors: [] });
    try {
      await connection.workflowService.describeNamespace({ namespace });
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  } catch (cause) {
    throw unavailable(where, cause);
  }
}

const unavailable = ({ address, namespace }: TemporalAddress, cause: unknown): Fault => {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Fault(
    "SCHEDULER_UNAVAILABLE",
    `no Temporal with namespace \`${namespace}\` answers at ${address}: ${why}`,
    {
      retry: { afterMs: 1_000 },
      cause,
    },
  );
};

/** Beside this file, as source or compiled: the bundler reads it, nobody imports it. */
const workflowPath = (): string => fileURLToPath(new URL(`./run-workflow${extname(import.meta.url)}`, import.meta.url));

/** Bundling takes seconds and always gives the same: once a process. */
let bundled: Promise<WorkflowBundle> | null = null;

let isSilent = false;

/**
 * The SDK has one runtime a process, which would log to the terminal and end workers at signals. What goes wrong reaches us
 * as errors, and a worker ends when it is stopped.
 */
export function silence(packages: Pick<TemporalPackages, "worker">): void {
  if (isSilent) return;
  isSilent = true;
  packages.worker.Runtime.install({
    logger: mute(packages),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: "ERROR", other: "ERROR" }, forward: {} } },
  });
}

const mute = ({ worker }: Pick<TemporalPackages, "worker">) => new worker.DefaultLogger("ERROR", () => undefined);
