import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GraphStopped } from "./errand.ts";
import type { FromGraph, GraphEnd, GraphRequest, GraphStart, ToGraph } from "./protocol.ts";

/**
 * The process in which one graph runs, once.
 *
 * K1  It is told what to do, asks, and is ended: whatever stops the call kills it at once.
 * K2  It holds no secret, no connection and no other channel than the one to its worker.
 * K3  How it ended counts only if it said so; a process that dies has failed.
 * K4  What it asks after it reached for what is denied is not served, though it may have been asked before it was ended.
 */

/** What keeps a graph from the machine here, recorded with each of its runs. */
export const ISOLATION = "process: no files written, no processes, threads or native code; sockets replaced (STANDARD)";

/** Megabytes of JavaScript heap, beyond what a graph's state may sensibly hold. */
const HEAP_MB_MAX = 512;

/** Bytes of what a dying process wrote that are kept for its message. */
const LAST_WORDS_MAX = 2_000;

export interface GraphOrder {
  readonly program: string | undefined;
  readonly start: GraphStart;
  readonly environment: { readonly [name: string]: string };
  readonly signal: AbortSignal;
  /** Answers a request. A `GraphStopped` ends the process; any other error with a code is told to the graph. */
  readonly serve: (request: Served) => Promise<unknown>;
}

/** What a graph may ask for; the rest ends it. */
export type Served = Exclude<GraphRequest, { readonly op: "denied" }>;

/** Runs a graph to its end. Never rejects for what a graph does; faults of ours end it and reject. */
export function runGraphProcess(order: GraphOrder): Promise<GraphEnd> {
  const child = started(order);
  let lastWords = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-LAST_WORDS_MAX);
  });
  return new Promise((resolve, reject) => {
    let isOver = false;
    const over = (end: () => void) => {
      isOver = true;
      order.signal.removeEventListener("abort", stop);
      child.kill("SIGKILL"); // K1
      end();
    };
    const stop = () => over(() => resolve(failed("RUN_CANCELLED", "the call was stopped")));
    if (order.signal.aborted) return stop();
    order.signal.addEventListener("abort", stop, { once: true });
    child.on("error", (error) => over(() => reject(error)));
    child.on("exit", () =>
      over(() => resolve(failed("GRAPH_FAILED", `the graph's process ended: ${lastWords.trim()}`))),
    ); // K3
    child.on("message", (message: FromGraph) => {
      if (isOver) return; // K4
      if (message.kind === "end") return over(() => resolve(message.end));
      const { id, request } = message;
      if (request.op === "denied")
        return over(() => resolve(failed("POLICY.TOOL_NOT_ALLOWED", `the graph reached for ${request.what}`)));
      answer(child, order, { id, request }).catch((error: unknown) =>
        over(() =>
          error instanceof GraphStopped ? resolve(failed(error.code, error.message)) : reject(asError(error)),
        ),
      );
    });
    tell(child, { kind: "start", start: order.start });
  });
}

/** Thrown by whoever serves a request: the graph is told of it and may go on. */
export class GraphRefused extends Error {
  override readonly name = "GraphRefused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

async function answer(
  child: ChildProcess,
  { serve }: GraphOrder,
  { id, request }: { readonly id: number; readonly request: Served },
): Promise<void> {
  try {
    tell(child, { kind: "answer", id, value: await serve(request) });
  } catch (error) {
    if (!(error instanceof GraphRefused)) throw error;
    tell(child, { kind: "refusal", id, code: error.code, message: error.message });
  }
}

// A process that is gone hears nothing, and says so by its exit.
const tell = (child: ChildProcess, message: ToGraph): void => {
  if (child.connected) child.send(message, () => undefined);
};

const failed = (code: string, message: string): GraphEnd => ({ status: "failed", code, message });

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const BUILT_PROGRAM = new URL("./child/main.js", import.meta.url);

const started = ({ program, environment }: GraphOrder): ChildProcess =>
  fork(program ?? fileURLToPath(BUILT_PROGRAM), [], {
    execArgv: [permissionFlag(), "--allow-fs-read=*", "--no-warnings", `--max-old-space-size=${HEAP_MB_MAX}`],
    env: { ...environment },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    serialization: "advanced",
  });

/** Node 20 calls its permission model experimental. */
const permissionFlag = (): string =>
  process.allowedNodeEnvironmentFlags.has("--permission") ? "--permission" : "--experimental-permission";
