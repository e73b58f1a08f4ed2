import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { bundle } from "../program/bundle.ts";
import type { Orders, Said } from "./child.ts";

const CHILD = "test/crash/child.ts";
const GRAPHS = "test/crash/graph.ts";
const GRAPH_PROGRAM = "src/worker/agent/child/main.ts";

/** The child, as Node can start it. */
export interface ChildProgram {
  spawn(orders: Omit<Orders, "graphProgram" | "graphs">): Child;
  /** The program in which graphs run, and the URL of the module that holds them. */
  readonly graphProgram: string;
  readonly graphs: string;
  /** Ends whatever is left of its processes and removes it. */
  remove(): Promise<void>;
}

/** A worker's process. */
export interface Child {
  /** Resolves once it has said so. Rejects, with what it wrote to its error stream, if it ends before. */
  says(line: Said): Promise<void>;
  /** Resolves with the signal that ended it, null when it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | null>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to stop its worker and end, and waits for that. */
  stop(): Promise<void>;
}

/** Bundles the child and the program in which graphs run. */
export async function bundleChild(): Promise<ChildProgram> {
  const child = await bundle(CHILD);
  const graphic = await bundle(GRAPH_PROGRAM, GRAPHS);
  const graphProgram = graphic.file(GRAPH_PROGRAM);
  const graphs = pathToFileURL(graphic.file(GRAPHS)).href;
  const children: Child[] = [];
  return {
    graphProgram,
    graphs,
    spawn: (asked) => {
      const orders: Orders = { ...asked, graphProgram, graphs };
      const started = childOf(spawn(process.execPath, [child.file(CHILD), JSON.stringify(orders)], { cwd: "/" }));
      children.push(started);
      return started;
    },
    remove: async () => {
      for (const started of children) started.signal("SIGKILL");
      await Promise.all(children.map(({ ended }) => ended));
      child.remove();
      graphic.remove();
    },
  };
}

function childOf(spawned: ChildProcessWithoutNullStreams): Child {
  const said = new Set<string>();
  const errors: string[] = [];
  const lines = createInterface({ input: spawned.stdout });
  lines.on("line", (line) => said.add(line));
  spawned.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = once(spawned, "close").then(([, signal]) => signal);
  return {
    ended,
    says: (wanted) =>
      new Promise((resolve, reject) => {
        if (said.has(wanted)) resolve();
        lines.on("line", (line) => line === wanted && resolve());
        ended.then(() => reject(new Error(`the child ended without a word: ${errors.join("")}`)), reject);
      }),
    signal: (signal) => void spawned.kill(signal),
    stop: async () => {
      spawned.stdin.end("stop\n");
      await ended;
    },
  };
}
