import { chmod, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { type OwnerConnection, openEmbedded } from "../../src/store/embedded/index.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { startDebianServer } from "./debian-server.ts";
import { realHost } from "./real-host.ts";

/** A PostgreSQL for one test run: where its superuser connects, and how it is given back. */
export interface TestCluster {
  readonly admin: OwnerConnection;
  close(): Promise<void>;
}

/** No test cuts the power, and what they write is dropped: waiting for the disk would be most of what they do. */
const FORGETFUL = { fsync: "off", full_page_writes: "off", max_wal_size: "256MB" };

/** The embedded PostgreSQL in a temporary folder. */
export async function startEmbeddedCluster(): Promise<TestCluster> {
  const folder = await mkdtemp(join(temporaryFolder(), "countermark-embedded-"));
  await chmod(folder, 0o755); // so that under root the data stays inside it
  const database = await openEmbedded({ directory: join(folder, ".countermark"), host: realHost, settings: FORGETFUL });
  return {
    admin: database.connection,
    close: async () => {
      await database.release();
      await rm(folder, { recursive: true });
    },
  };
}

/** The server that a URL names, else a private one from an installed PostgreSQL; `undefined` when there is neither. */
export async function findServerCluster(url: string | undefined): Promise<TestCluster | undefined> {
  if (url === undefined || url === "")
    return startDebianServer({ parent: temporaryFolder(), port: null, environment: {}, settings: FORGETFUL });
  return { admin: connectionOf(new URL(url)), close: async () => undefined };
}

function connectionOf(url: URL): OwnerConnection {
  const socketDirectory = url.searchParams.get("host");
  return {
    host: socketDirectory ?? url.hostname,
    port: url.port === "" ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
  };
}
