import { openSimulationDatabase, type SimulationWorld } from "../chaos/index.ts";
import type { Context } from "./command.ts";
import { configuredServer } from "./database.ts";

/** Works in a simulation's database of its own beside the configured one, which is removed afterwards. */
export async function inSimulation<T>(context: Context, work: (world: SimulationWorld) => Promise<T>): Promise<T> {
  const server = await configuredServer(context);
  try {
    const simulation = await openSimulationDatabase(server.connection, context.host);
    try {
      return await work(simulation.world);
    } finally {
      await simulation.close();
    }
  } finally {
    await server.release();
  }
}
