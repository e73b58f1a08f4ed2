/** DBOS Transact: a registered workflow of steps, called directly; its own pool of connections, at its default size. */
import { DBOS } from "@dbos-inc/dbos-sdk";
import { ORDER, type Peer, type PeerSettings, serve } from "./peer.ts";

async function open({ url, stepsPerRun }: PeerSettings): Promise<Peer> {
  const workflow = DBOS.registerWorkflow(
    async (orderId: string) => {
      let done = 0;
      for (let page = 0; page < stepsPerRun; page++) {
        const order = await DBOS.runStep(async () => ({ ...ORDER, order_id: orderId, page }), { name: `step_${page}` });
        if (order.status === "paid") done++;
      }
      return done;
    },
    { name: "reads" },
  );
  DBOS.setConfig({ name: "bench-peer", systemDatabaseUrl: url, logLevel: "error" });
  await DBOS.launch();
  return { run: (index) => workflow(`ord_${index}`), close: () => DBOS.shutdown() };
}

await serve(open);
