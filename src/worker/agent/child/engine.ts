import { isBaseMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { type StructuredToolInterface, tool } from "@langchain/core/tools";
import { Command } from "@langchain/langgraph";
import type { Json } from "../../../contracts/index.ts";
import type { GraphEnd, GraphEntry, GraphStart, InjectedTool, NodeBounds } from "../protocol.ts";
import { GuardRefused, type Host } from "./host.ts";
import { LedgerSaver } from "./saver.ts";

/** What a module may export: a graph, or what makes one of the tools it is given. */
export interface InjectedTools {
  readonly tools: readonly StructuredToolInterface[];
}

/** What we use of a compiled graph, whichever of the library's interfaces made it. */
interface Runnable {
  checkpointer?: unknown;
  retryPolicy?: unknown;
  readonly nodes: { readonly [name: string]: { retryPolicy?: unknown; timeout?: unknown } };
  invoke(input: unknown, config: object): Promise<unknown>;
  getState(config: object): Promise<Snapshot>;
}

interface Snapshot {
  readonly next: readonly string[];
  readonly tasks: readonly { readonly interrupts: readonly unknown[] }[];
  readonly config: RunnableConfig;
}

/** Runs a graph, unmodified, from its entry to its end or to its next questions. */
export async function runGraph(start: GraphStart, host: Host): Promise<GraphEnd> {
  try {
    const graph = await graphOf(start, host);
    const config = {
      configurable: { thread_id: start.threadId },
      recursionLimit: start.recursionLimit,
      durability: "sync",
    };
    return await invoked(graph, start.entry, config);
  } catch (error) {
    return failedWith(error);
  }
}

async function invoked(graph: Runnable, entry: GraphEntry, config: object): Promise<GraphEnd> {
  const output = await graph.invoke(inputOf(entry), config);
  const { next, tasks } = await graph.getState(config);
  if (tasks.some(({ interrupts }) => interrupts.length > 0)) return { status: "interrupted" };
  if (next.length === 0) return { status: "completed", output: plain(output) };
  const message = `the graph stops before ${next.join(", ")}: ask with interrupt() instead of a static breakpoint`;
  return { status: "failed", code: "E_GRAPH_CONFIG", message };
}

function inputOf(entry: GraphEntry): unknown {
  switch (entry.kind) {
    case "input":
      return entry.input;
    case "continue":
      return null;
    case "resume":
      return new Command({ resume: { [entry.interruptId]: entry.value } });
  }
}

async function graphOf(start: GraphStart, host: Host): Promise<Runnable> {
  const module: { readonly [name: string]: unknown } = await import(start.module);
  const exported = module[start.exportName];
  const tools = start.tools.map((injected) => toolOf(injected, host));
  const made: unknown = typeof exported === "function" ? await exported({ tools }) : exported;
  const saver = new LedgerSaver(host, start.threadId);
  const graph: unknown = isBuilder(made) ? made.compile({ checkpointer: saver }) : made;
  if (!isRunnable(graph)) {
    throw new GuardRefused("E_GRAPH_CONFIG", `\`${start.exportName}\` of the module is no graph and makes none`);
  }
  graph.checkpointer = saver;
  bound(graph, start.nodes);
  return graph;
}

/** Attempts are the step's, so that they are counted once; the time of a node is what its manifest says. */
function bound(graph: Runnable, named: readonly NodeBounds[]): void {
  graph.retryPolicy = undefined;
  for (const [name, node] of Object.entries(graph.nodes)) {
    const bounds = named.find((one) => one.name === name);
    if (bounds === undefined && name !== "__start__")
      throw new GuardRefused("E_GRAPH_CONFIG", `the manifest does not name node \`${name}\``);
    node.retryPolicy = undefined;
    if (bounds !== undefined && bounds.timeoutMs !== null) node.timeout = { runTimeout: bounds.timeoutMs };
  }
}

const isBuilder = (value: unknown): value is { readonly compile: (options: object) => unknown } =>
  typeof value === "object" && value !== null && "compile" in value && typeof value.compile === "function";

const isRunnable = (value: unknown): value is Runnable =>
  typeof value === "object" && value !== null && "invoke" in value && "getState" in value && "nodes" in value;

function toolOf({ name, description, inputSchema }: InjectedTool, host: Host): StructuredToolInterface {
  return tool(
    async (input: unknown, config: RunnableConfig) => {
      const { metadata, configurable } = config;
      const output = await host.ask({
        op: "call",
        tool: name,
        input: JSON.parse(JSON.stringify(input)),
        node: textOf(metadata?.langgraph_node),
        ...checkpointIn(configurable),
        lgTaskId: textOf(configurable?.__pregel_task_id),
      });
      return JSON.stringify(output);
    },
    { name, description, schema: { ...inputSchema } },
  );
}

/** The checkpoint from which a node is executed: of a task's own namespace there is none yet, so its parent's. */
function checkpointIn(configurable: RunnableConfig["configurable"]) {
  const checkpointNs = textOf(configurable?.checkpoint_ns).split("|").slice(0, -1).join("|");
  const made: unknown = configurable?.checkpoint_map?.[checkpointNs];
  return { checkpointNs, checkpointId: textOf(made) };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** A graph's values as JSON; of a message what was said, who said it, and what it called. */
function plain(value: unknown): Json {
  const text = JSON.stringify(value, (_name, member: unknown) => member);
  return text === undefined ? null : JSON.parse(JSON.stringify(spoken(value)));
}

function spoken(value: unknown): unknown {
  if (isBaseMessage(value)) return { role: value.getType(), content: value.text };
  if (Array.isArray(value)) return value.map(spoken);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, spoken(member)]));
}

/** Errors of the library that say that a bound was reached. */
const EXHAUSTED: ReadonlySet<string> = new Set(["GraphRecursionError", "NodeTimeoutError"]);

function failedWith(error: unknown): GraphEnd {
  const [message = ""] = (error instanceof Error ? error.message : String(error)).split("\n"); // the rest is advice and addresses
  const name = error instanceof Error ? error.name : "";
  const code = refusalIn(error);
  if (code !== null) return { status: "failed", code, message };
  if (EXHAUSTED.has(name)) return { status: "failed", code: "POLICY.BUDGET_EXHAUSTED", message };
  return { status: "failed", code: "GRAPH_FAILED", message };
}

function refusalIn(error: unknown): string | null {
  if (error instanceof GuardRefused) return error.code;
  return error instanceof Error && error.cause !== undefined ? refusalIn(error.cause) : null;
}
