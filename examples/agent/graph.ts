/** A LangGraph.js graph as it stands in any project: it knows nothing of Countermark, and gets its tools from outside. */
import { ChatAnthropic } from "@langchain/anthropic";
import { HumanMessage, SystemMessage } from "@langchain/core/messages";
import type { StructuredToolInterface } from "@langchain/core/tools";
import { Annotation, END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
import { ToolNode, toolsCondition } from "@langchain/langgraph/prebuilt";

const Asked = Annotation.Root({ order_id: Annotation<string>, question: Annotation<string> });
const Answered = Annotation.Root({ answer: Annotation<string> });
const State = Annotation.Root({ ...Asked.spec, ...Answered.spec, ...MessagesAnnotation.spec });

const RULES = new SystemMessage(
  "You answer customers of a shop that prints shirts. Look the order and its shipment up before you answer. Say where the " +
    "parcel is, who carries it and under which number, in at most three sentences. Promise nothing.",
);

const model = new ChatAnthropic({ model: "claude-sonnet-4-5", temperature: 0, maxTokens: 400, maxRetries: 0 });

/** Where is my order: the model looks things up until it can answer. */
export const graph = ({ tools }: { readonly tools: StructuredToolInterface[] }) => {
  const clerk = model.bindTools(tools);
  return new StateGraph({ state: State, input: Asked, output: Answered })
    .addNode("ask", ({ order_id, question }) => ({
      messages: [new HumanMessage(`${question}\n\nThe order is ${order_id}.`)],
    }))
    .addNode("model", async ({ messages }) => ({ messages: [await clerk.invoke([RULES, ...messages])] }))
    .addNode("tools", new ToolNode(tools))
    .addNode("reply", ({ messages }) => ({ answer: messages.at(-1)?.text ?? "" }))
    .addEdge(START, "ask")
    .addEdge("ask", "model")
    .addConditionalEdges("model", toolsCondition, { tools: "tools", [END]: "reply" })
    .addEdge("tools", "model")
    .addEdge("reply", END);
};
