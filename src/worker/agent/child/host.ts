import type { FromGraph, GraphAnswers, GraphEnd, GraphRequest, GraphStart, ToGraph } from "../protocol.ts";

/** Thrown into the graph: the worker, which alone decides, said no. */
export class GuardRefused extends Error {
  override readonly name = "GuardRefused";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The worker, as the graph's process reaches it. */
export class Host {
  readonly #send: (message: FromGraph) => void;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor(send: (message: FromGraph) => void) {
    this.#send = send;
  }

  /** Rejects with `GuardRefused` where the worker says no. */
  ask<O extends keyof GraphAnswers>(request: Extract<GraphRequest, { readonly op: O }>): Promise<GraphAnswers[O]> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve: (value) => resolve(value as GraphAnswers[O]), reject }); // the protocol's one parse
      this.#send({ kind: "request", id, request });
    });
  }

  take(message: Exclude<ToGraph, { readonly kind: "start" }>): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === "answer") waiting?.resolve(message.value);
    else waiting?.reject(new GuardRefused(message.code, message.message));
  }

  end(end: GraphEnd): void {
    this.#send({ kind: "end", end });
  }
}

/** Runs an order and says how it ended. */
export type RunGraph = (start: GraphStart, host: Host) => Promise<GraphEnd>;
