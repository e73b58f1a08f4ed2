/** A graph as the crash tests run it: one node has an effect, the next one needs nothing from outside; or one asks a person. */
import type { StructuredToolInterface } from "@langchain/core/tools";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";

const Asked = Annotation.Root({ reference: Annotation<string> });
const Answered = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, more) => log.concat(more), default: () => [] }),
});
const State = Annotation.Root({ ...Asked.spec, ...Answered.spec });

interface Tools {
  readonly tools: readonly StructuredToolInterface[];
}

export const noting = ({ tools }: Tools) =>
  new StateGraph({ state: State, input: Asked, output: Answered })
    .addNode("noting", async ({ reference }) => {
      const note = tools.find(({ name }) => name === "note");
      const { reference: noted } = JSON.parse(await note?.invoke({ reference }));
      return { log: [`noted ${noted}`] };
    })
    .addNode("closing", () => ({ log: ["closed"] }))
    .addEdge(START, "noting")
    .addEdge("noting", "closing")
    .addEdge("closing", END);

export const asking = new StateGraph({ state: State, input: Asked, output: Answered })
  .addNode("asking", ({ reference }) => ({ log: [`${interrupt({ release: reference }).decision}`] }))
  .addEdge(START, "asking")
  .addEdge("asking", END)
  .compile();
