import type { LineageNode } from "./model.ts";

/** How a node came out: well, badly, neither, or it is nothing that comes out in any way. */
export type NodeTone = "good" | "bad" | "between" | "plain";

const GOOD: readonly unknown[] = ["success", "pass", "go", "promoted", "passed"];
const BAD: readonly unknown[] = ["failure", "cancelled", "fail", "no-go", "failed"];
const BETWEEN: readonly unknown[] = ["waived", "allowed_unverified", "conditional-go", "rolled back", "skipped"];

export function toneOf({ result, outcome, value, status }: LineageNode): NodeTone {
  const word = value ?? outcome ?? result ?? status;
  if (GOOD.includes(word)) return "good";
  if (BAD.includes(word)) return "bad";
  return BETWEEN.includes(word) ? "between" : "plain";
}
