import { Annotation, END, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({
  left: Annotation<number>({ reducer: (_left, next) => next, default: () => 0 }),
});

/** A node that leads to itself as often as its input says; its state stays as large as it is. */
export const supersteps = new StateGraph(State)
  .addNode("again", ({ left }) => ({ left: left - 1 }))
  .addEdge(START, "again")
  .addConditionalEdges("again", ({ left }) => (left > 0 ? "again" : END))
  .compile();
