import { accepted, type Json, type JsonObject, type Result, rejected } from "../../contracts/index.ts";
import type { AgentInterrupt } from "../../run/index.ts";
import type { GraphEntry } from "./protocol.ts";

/** How a graph is entered next, or that it only waits for people: nothing of it is executed then. */
export type NextEntry =
  | { readonly kind: "wait" }
  | { readonly kind: "enter"; readonly entry: GraphEntry; readonly approvalId: string | null };

/** What stands between two invocations of a graph. */
export interface Standing {
  readonly input: Json;
  readonly hasCheckpoint: boolean;
  readonly interrupts: readonly AgentInterrupt[];
  /** What the graph is told of a decision. */
  readonly answer: (interrupt: AgentInterrupt) => JsonObject;
}

/** The entry that follows from what is stored: input first, then one decision at a time, and else on from where it stopped. */
export function nextEntry({ input, hasCheckpoint, interrupts, answer }: Standing): NextEntry {
  if (!hasCheckpoint) return { kind: "enter", entry: { kind: "input", input }, approvalId: null };
  const open = interrupts.filter(({ consumed }) => !consumed);
  const decided = open.find(({ decision }) => decision !== null);
  if (decided !== undefined) {
    const entry = { kind: "resume", interruptId: decided.interrupt_id, value: answer(decided) } as const;
    return { kind: "enter", entry, approvalId: decided.approval_id };
  }
  if (open.length > 0) return { kind: "wait" };
  return { kind: "enter", entry: { kind: "continue" }, approvalId: null };
}

/**
 * The library stores a resume of an interrupt that it does not know, or that was answered, and new input beside an open
 * interrupt orphans it. Neither is let through.
 *
 * @param answers the interrupt that this invocation was entered to answer, null for none
 */
export function admitWrite(
  write: { readonly channel: string; readonly lgTaskId: string },
  { interrupts, answers }: { readonly interrupts: readonly AgentInterrupt[]; readonly answers: AgentInterrupt | null },
): Result<null> {
  if (write.channel !== "__resume__") return accepted(null);
  const isAnswer = answers !== null && write.lgTaskId === answers.interrupt_id;
  const isTask = interrupts.some(({ lg_task_id, consumed }) => lg_task_id === write.lgTaskId && consumed);
  if (isTask || (isAnswer && interrupts.includes(answers) && answers.decision !== null && !answers.consumed))
    return accepted(null);
  return rejected({ code: "E_APPROVAL_INVALID", message: "no open question of the graph has this answer" });
}

/** A new input is a checkpoint of its own, whose source is `input`. */
export function admitCheckpoint(source: string, interrupts: readonly AgentInterrupt[]): Result<null> {
  if (source !== "input" || interrupts.every(({ consumed }) => consumed)) return accepted(null);
  return rejected({ code: "E_APPROVAL_REQUIRED", message: "a question of the graph to a person is still open" });
}
