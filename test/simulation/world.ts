import { openWorld, type SimulationWorld } from "../../src/chaos/index.ts";
import { openDatabase } from "../../src/store/index.ts";
import { freshDatabase } from "../database/database.ts";
import { realHost } from "../database/real-host.ts";

export interface TestWorld {
  readonly world: SimulationWorld;
  close(): Promise<void>;
}

/** A database of its own for the histories of one test file. */
export async function openTestWorld(): Promise<TestWorld> {
  const { options, drop } = await freshDatabase();
  const database = openDatabase(options);
  const world = await openWorld(database, realHost);
  return {
    world,
    close: async () => {
      await database.close();
      await drop();
    },
  };
}
