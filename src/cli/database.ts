import { type ConnectionOptions, type Database, openDatabase, openEmbedded } from "../store/index.ts";
import type { Context } from "./command.ts";

/** The database as it is: not migrated, not furnished. For what concerns the database itself. */
export interface OpenedDatabase {
  readonly database: Database;
  readonly kind: "embedded" | "server";
  close(): Promise<void>;
}

/** Opens the configured server, or the embedded database. Faults: EMBEDDED_…; a server is only reached when first used. */
export async function openConfiguredDatabase({ config, host }: Context): Promise<OpenedDatabase> {
  if (config.server !== null) return opened("server", config.server, async () => undefined);
  const embedded = await openEmbedded({ directory: config.directory, host });
  return opened("embedded", embedded.connection, () => embedded.release());
}

/** Where the configured PostgreSQL answers, embedded or a server; for what makes a database of its own there. */
export async function configuredServer({ config, host }: Context): Promise<ConfiguredServer> {
  if (config.server !== null) return { connection: config.server, release: async () => undefined };
  return openEmbedded({ directory: config.directory, host });
}

export interface ConfiguredServer {
  readonly connection: ConnectionOptions;
  release(): Promise<void>;
}

function opened(
  kind: OpenedDatabase["kind"],
  connection: ConnectionOptions,
  release: () => Promise<void>,
): OpenedDatabase {
  const database = openDatabase(connection);
  const close = async () => {
    await database.close();
    await release();
  };
  return { database, kind, close };
}
