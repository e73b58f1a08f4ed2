/**
 * The process of one graph. It talks to its worker and to nobody else: what keeps it from the machine is set up before any
 * code of the graph is loaded. It ends when its worker does.
 */
import process from "node:process";
import type { ToGraph } from "../protocol.ts";
import { confine } from "./confine.ts";
import { Host, type RunGraph } from "./host.ts";

const { send } = process;
if (send === undefined) throw new Error("a graph's process is started by a worker");

const host = new Host((message) => void send.call(process, message, () => undefined));
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message: ToGraph) => {
  if (message.kind !== "start") host.take(message);
  else void run(message.start).then((end) => host.end(end));
});
Object.defineProperty(process, "send", { value: undefined });
confine(host);

async function run(start: Parameters<RunGraph>[0]): ReturnType<RunGraph> {
  try {
    const { runGraph } = await import("./engine.ts");
    return await runGraph(start, host);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { status: "failed", code: "E_POLICY_ENGINE", message };
  }
}
