import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Answer, HandSettings, Order } from "./hand.ts";

/** Processes that work for one measurement, and those that were measured beside them. */
export interface Crew {
  readonly size: number;
  /** Gives every process the order, and resolves when all have done it. */
  all(order: Order): Promise<void>;
  /** Gives it to one of them. */
  one(index: number, order: Order): Promise<void>;
  /** Ends one without a word, as a crash would. */
  kill(index: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts the processes and waits until each is ready. */
export async function startCrew(size: number, settings: HandSettings): Promise<Crew> {
  const program = join(import.meta.dirname, "hand.js");
  const hands = Array.from({ length: size }, () => fork(program, [JSON.stringify(settings)]));
  await Promise.all(hands.map(answerOf));
  const one = async (index: number, order: Order) => {
    const hand = hands[index];
    if (hand === undefined) throw new Error(`there is no process ${index}`);
    return ask(hand, order);
  };
  return {
    size,
    one,
    all: async (order) => void (await Promise.all(hands.map((hand) => ask(hand, order)))),
    kill: async (index) => {
      const hand = hands[index];
      hand?.kill("SIGKILL");
      if (hand !== undefined && hand.signalCode === null) await once(hand, "exit");
    },
    close: async () => void (await Promise.all(hands.map(leave))),
  };
}

/** Sends a message and waits for the answer to it; rejects with what the process says went wrong, or when it ends instead. */
export async function ask(child: ChildProcess, message: object): Promise<void> {
  const answered = answerOf(child);
  child.send(message);
  return answered;
}

/** The next answer of a process. */
export function answerOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const hear = ({ failure }: Answer) => {
      child.off("exit", miss);
      if (failure === null) resolve();
      else reject(new Error(failure));
    };
    const miss = (code: number | null, signal: string | null) => {
      child.off("message", hear);
      reject(new Error(`a process of the benchmark ended before it answered (${signal ?? code})`));
    };
    child.once("message", hear);
    child.once("exit", miss);
  });
}

/** Lets a process end by itself. */
export async function leave(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  if (child.connected) child.disconnect();
  await ended;
}
