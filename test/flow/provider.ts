import type { JsonObject } from "../../src/contracts/index.ts";
import type { CallContext, ToolOutcome, ToolResult } from "../../src/guard/index.ts";

export type Behaviour = (input: JsonObject, context: CallContext) => Promise<ToolOutcome> | ToolOutcome;

export interface SeenCall {
  readonly tool: string;
  readonly input: JsonObject;
  readonly context: CallContext;
}

export const applied = (output: JsonObject = {}, rest: Omit<ToolResult, "output"> = {}): ToolOutcome => ({
  kind: "applied",
  result: { output, ...rest },
});

/** The world behind the test tools: it answers as the test says, per tenant, and remembers what was asked of it. */
export class Provider {
  readonly #behaviours = new Map<string, Behaviour>();
  readonly #calls: SeenCall[] = [];

  /** Says how a tool answers from now on; until then it succeeds with an id of its own. */
  answers(tenant: string, tool: string, behaviour: Behaviour): void {
    this.#behaviours.set(`${tenant} ${tool}`, behaviour);
  }

  async answer(tool: string, input: JsonObject, context: CallContext): Promise<ToolOutcome> {
    this.#calls.push({ tool, input, context });
    const behaviour = this.#behaviours.get(`${context.tenantId} ${tool}`);
    return behaviour === undefined ? applied({ id: `${tool}-${this.#calls.length}` }) : behaviour(input, context);
  }

  /** Calls that reached a handler, in order. */
  calls(tenant: string, tool?: string): readonly SeenCall[] {
    return this.#calls.filter((seen) => seen.context.tenantId === tenant && (tool === undefined || seen.tool === tool));
  }
}

/** A door that a handler waits at until the test opens it. */
export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

export function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
