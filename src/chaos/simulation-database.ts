import type { Host } from "../contracts/index.ts";
import { type ConnectionOptions, makeScratch, openDatabase } from "../store/index.ts";
import { openWorld, type SimulationWorld } from "./simulation-world.ts";

export interface SimulationDatabase {
  readonly world: SimulationWorld;
  /** Closes the connections and removes the database. */
  close(): Promise<void>;
}

/** Makes a database of its own beside the one that `options` names, whose user may make databases. Nothing else is touched. */
export async function openSimulationDatabase(options: ConnectionOptions, host: Host): Promise<SimulationDatabase> {
  const scratch = await makeScratch(options, { purpose: "simulation", ids: host.ids });
  const database = openDatabase(scratch.options);
  const close = async () => {
    await database.close();
    await scratch.drop();
  };
  try {
    return { world: await openWorld(database, host), close };
  } catch (error) {
    await close();
    throw error;
  }
}
