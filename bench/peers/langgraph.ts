/** LangGraph: a graph of one node a step, its PostgreSQL saver with the pool it makes itself, each checkpoint before the next step. */
import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import { ORDER, type Peer, type PeerSettings, serve } from "./peer.ts";

const State = Annotation.Root({
  orderId: Annotation<string>,
  order: Annotation<typeof ORDER>,
  done: Annotation<number>,
});

async function open({ url, stepsPerRun }: PeerSettings): Promise<Peer> {
  const saver = PostgresSaver.fromConnString(url);
  await saver.setup();
  const names = Array.from({ length: stepsPerRun }, (_, page) => `step_${page}`);
  const graph = new StateGraph(State).addSequence(
    names.map((name): [string, (state: typeof State.State) => Promise<Partial<typeof State.State>>] => [
      name,
      async ({ done }) => ({ order: { ...ORDER }, done: done + 1 }),
    ]),
  );
  const compiled = graph
    .addEdge(START, names[0] ?? END)
    .addEdge(names.at(-1) ?? START, END)
    .compile({ checkpointer: saver });
  return {
    run: async (index) => {
      const configuration = { configurable: { thread_id: `thread_${index}` }, durability: "sync" as const };
      const { done } = await compiled.invoke({ orderId: `ord_${index}`, done: 0 }, configuration);
      return done;
    },
    close: () => saver.end(),
  };
}

await serve(open);
