import type { Code } from "./codes.ts";

/** Whether trying again can help; stated where the fault is made, never guessed from a message. */
export type Retry = "never" | "now" | { readonly afterMs: number };

/** The world failed: connection lost, provider down, disk full. Handled by the edge that owns the retry. */
export class Fault extends Error {
  readonly code: Code;
  readonly retry: Retry;

  constructor(code: Code, message: string, options: { retry: Retry; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.retry = options.retry;
  }
}

/** We are wrong. Nobody handles it: the process's work is fenced off and the process ends. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** States what must hold; a failure is a bug, so it throws `InvariantError`. */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new InvariantError(rule);
}
