/** Graphs as somebody writes them who has never heard of us: state, nodes, edges, the library's own interrupts. */
import type { StructuredToolInterface } from "@langchain/core/tools";
import { Annotation, END, interrupt, START, StateGraph } from "@langchain/langgraph";

const State = Annotation.Root({
  log: Annotation<string[]>({ reducer: (log, more) => log.concat(more), default: () => [] }),
});

const says = (...log: string[]) => ({ log });

/** prep, then two gates at once that each look, under its own name, and ask; then fin. */
export const twoGates = (given: Tools) => {
  const gate = (name: string, asked: object) => async () => {
    await named(given, "look").invoke({ text: name });
    return says(`${name}:${reasonIn(interrupt(asked))}`);
  };
  return new StateGraph(State)
    .addNode("prep", () => says("prep"))
    .addNode("gateA", gate("A", { kind: "approval", action: "release", risk: 70 }))
    .addNode("gateB", gate("B", { kind: "approval", action: "announce", risk: 10 }))
    .addNode("fin", () => says("fin"))
    .addEdge(START, "prep")
    .addEdge("prep", "gateA")
    .addEdge("prep", "gateB")
    .addEdge("gateA", "fin")
    .addEdge("gateB", "fin")
    .addEdge("fin", END)
    .compile();
};

const reasonIn = (answer: { readonly decision: string; readonly reason: string | null }) =>
  answer.reason ?? answer.decision;

interface Tools {
  readonly tools: readonly StructuredToolInterface[];
}

/** The tool of a name among those that were handed in. */
function named({ tools }: Tools, name: string): StructuredToolInterface {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

const textOf = (output: string): string => String(JSON.parse(output).text);

/** One node that asks a READ tool. */
export const looks = (given: Tools) =>
  new StateGraph(State)
    .addNode("looking", async () => says(textOf(await named(given, "look").invoke({ text: "where" }))))
    .addEdge(START, "looking")
    .addEdge("looking", END);

/** One node that asks two questions, one after the other; each start of its body is a call of `look`. */
export const asksTwice = (given: Tools) =>
  new StateGraph(State)
    .addNode("asking", async () => {
      await named(given, "look").invoke({ text: "start" });
      const first = reasonIn(interrupt({ question: "q1" }));
      const second = reasonIn(interrupt({ question: "q2" }));
      return says(first, second);
    })
    .addEdge(START, "asking")
    .addEdge("asking", END);

/** a and b in one superstep, then c; each asks `look` under its own name, and b fails where it is refused. */
export const siblings = (given: Tools) => {
  const node = (name: string) => async () => {
    await named(given, "look").invoke({ text: name });
    return says(name);
  };
  return new StateGraph(State)
    .addNode("a", node("a"))
    .addNode("b", node("b"))
    .addNode("c", node("c"))
    .addEdge(START, "a")
    .addEdge(START, "b")
    .addEdge("a", "c")
    .addEdge("b", "c")
    .addEdge("c", END);
};

/** A node that leads to itself for ever. */
export const loops = new StateGraph(State)
  .addNode("again", () => says("again"))
  .addEdge(START, "again")
  .addConditionalEdges("again", () => "again")
  .compile();

/** A node that leads to itself sixty times. */
export const sixty = new StateGraph(State)
  .addNode("again", () => says("again"))
  .addEdge(START, "again")
  .addConditionalEdges("again", ({ log }) => (log.length < 60 ? "again" : END))
  .compile();

/** A node that leads to itself a thousand times; its state is as large at the end as at the beginning. */
export const thousand = new StateGraph(
  Annotation.Root({
    log: Annotation<string[]>({ reducer: (_log, more) => more, default: () => [] }),
  }),
)
  .addNode("again", ({ log }) => says(String(Number(log[0] ?? 0) + 1)))
  .addEdge(START, "again")
  .addConditionalEdges("again", ({ log }) => (log[0] === "1000" ? END : "again"))
  .compile();

/** A node that waits for what never comes, beside one that ends at once. */
export const waits = new StateGraph(State)
  .addNode("quick", () => says("quick"))
  .addNode("waiting", () => new Promise<{ log: string[] }>(() => undefined))
  .addEdge(START, "quick")
  .addEdge(START, "waiting")
  .addEdge("quick", END)
  .addEdge("waiting", END)
  .compile();

/** Takes what it reaches for, and goes on as if nothing had been when it is refused. */
const stubborn = (reach: () => unknown) =>
  new StateGraph(State)
    .addNode("reaching", async () => {
      try {
        await reach();
      } catch {
        return says("went on");
      }
      return says("reached");
    })
    .addEdge(START, "reaching")
    .addEdge("reaching", END);

export const fetches = stubborn(() => fetch("http://127.0.0.1:1/"));
export const connects = stubborn(async () => (await import("node:net")).connect(1, "127.0.0.1"));
export const spawns = stubborn(async () => (await import("node:child_process")).execFileSync("true"));

/** Notes something, then asks, then proposes to dispatch. */
export const notesAndProposes = (given: Tools) =>
  new StateGraph(State)
    .addNode("noting", async () => says(JSON.parse(await named(given, "note").invoke({ text: "seen" })).id))
    .addNode("proposing", async () => {
      await named(given, "dispatch").invoke({ text: "to Ada" });
      return says("proposed");
    })
    .addEdge(START, "noting")
    .addEdge("noting", "proposing")
    .addEdge("proposing", END);

/** Reads, proposes and asks what must not be stored, in one node. */
export const gossips = (given: Tools) =>
  new StateGraph(State)
    .addNode("talking", async () => {
      const told = textOf(await named(given, "look").invoke({ text: "who" }));
      await named(given, "dispatch").invoke({ text: "to jane.doe@shop.example.com" });
      const card = named(given, "dispatch").invoke({ text: "card 4242 4242 4242 4242" });
      const refused = await card.then(
        () => "proposed",
        () => "refused",
      );
      return says(told, refused, reasonIn(interrupt({ question: "call +14155550134?" })));
    })
    .addEdge(START, "talking")
    .addEdge("talking", END);

/** Calls a tool that its manifest does not name. */
export const oversteps = (given: Tools) =>
  new StateGraph(State)
    .addNode("looking", async () => {
      try {
        await named(given, "look").invoke({ text: "x" });
      } catch {
        return says("went on");
      }
      return says("looked");
    })
    .addNode("other", () => says("other"))
    .addEdge(START, "looking")
    .addEdge("looking", "other")
    .addEdge("other", END);

/** Fails as clients of models do: a line that says why, and an address at which to read more. */
export const throws = new StateGraph(State)
  .addNode("failing", () => {
    throw new Error(
      "401 the key is not valid\n\nTroubleshooting URL: https://docs.example.com/oss/langchain/errors/AUTH/",
    );
  })
  .addEdge(START, "failing")
  .addEdge("failing", END)
  .compile();

export const notAGraph = { nothing: true };
