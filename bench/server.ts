import { availableParallelism, cpus } from "node:os";
import { openDatabase } from "../src/store/index.ts";
import { folderBeside, fsyncLatency } from "./fsync.ts";
import { Lacking } from "./lacking.ts";
import { startSlowServer } from "./slow-server.ts";

/** The PostgreSQL server that everything of one run is measured on. */
export interface BenchServer {
  readonly url: string;
  /** On the disk of its data where that can be; others that are measured beside keep theirs here. */
  readonly folder: string;
  /** Versions, machine and settings that the figures depend on; printed with them. */
  readonly settings: Readonly<Record<string, string | number>>;
}

/**
 * Works with the server in `DATABASE_URL`, or with one of its own whose `fdatasync` takes longer.
 *
 * @param delayMs added to each `fdatasync`; 0 takes the server that is there
 */
export async function withServer(delayMs: number, work: (server: BenchServer) => Promise<void>): Promise<void> {
  if (delayMs === 0) return work(await describe(givenUrl(), { delayMs, environment: {} }));
  const { url, environment, close } = await startSlowServer(delayMs);
  try {
    await work(await describe(url, { delayMs, environment }));
  } finally {
    await close();
  }
}

function givenUrl(): string {
  const url = process.env.DATABASE_URL;
  if (url === undefined)
    throw new Lacking("set DATABASE_URL to a PostgreSQL server with fsync and synchronous_commit on");
  return url;
}

async function describe(
  url: string,
  { delayMs, environment }: { readonly delayMs: number; readonly environment: Record<string, string> },
): Promise<BenchServer> {
  const admin = openDatabase({ url });
  const [row] = await admin.owner<{ postgres: string; data_directory: string }[]>`
    select current_setting('server_version') as postgres, current_setting('fsync') as fsync,
           current_setting('synchronous_commit') as synchronous_commit, current_setting('wal_sync_method') as wal_sync_method,
           current_setting('full_page_writes') as full_page_writes, current_setting('shared_buffers') as shared_buffers,
           current_setting('max_wal_size') as max_wal_size, current_setting('data_directory') as data_directory`;
  await admin.close();
  if (row === undefined) throw new Error("the server does not say its settings");
  const { data_directory, ...server } = row;
  const latency = await fsyncLatency(data_directory, environment);
  const machine = {
    node: process.version,
    processors: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
  };
  return {
    url,
    folder: folderBeside(data_directory),
    settings: { ...server, ...machine, ...latency, fdatasync_delay_ms: delayMs },
  };
}
