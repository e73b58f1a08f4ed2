import { assert, type Host } from "../contracts/index.ts";
import { type ConnectionOptions, openDatabase } from "../store/index.ts";
import { createDatabase, dropDatabase } from "./queries.ts";
import { openWorld, type SimulationWorld } from "./simulation-world.ts";

/** Part of the name of every database that simulations make, change and remove. */
const MARK = "countermark_simulation_";

export interface SimulationDatabase {
  readonly world: SimulationWorld;
  /** Closes the connections and removes the database. */
  close(): Promise<void>;
}

/** Makes a database of its own beside the one that `options` names, whose user may make databases. Nothing else is touched. */
export async function openSimulationDatabase(options: ConnectionOptions, host: Host): Promise<SimulationDatabase> {
  const name = `${MARK}${host.ids.next().replaceAll("-", "")}`;
  const beside = openDatabase(options);
  await createDatabase(beside.owner, name);
  const database = openDatabase(named(options, name));
  const close = async () => {
    assert(name.startsWith(MARK), "only a simulation's database is removed");
    await database.close();
    await dropDatabase(beside.owner, name);
    await beside.close();
  };
  try {
    return { world: await openWorld(database, host), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function named(options: ConnectionOptions, database: string): ConnectionOptions {
  if (!("url" in options)) return { ...options, database };
  const url = new URL(options.url);
  url.pathname = `/${database}`;
  return { url: url.href };
}
