import type { z } from "zod";
import { assert } from "./fault.ts";
import { fieldPath, type PathStep } from "./field-path.ts";

/** What a shape found wrong first: where in the value, and what. */
export interface ShapeIssue {
  readonly steps: readonly PathStep[];
  readonly field_path: string;
  readonly message: string;
}

export function firstIssue({ issues: [issue] }: z.ZodError): ShapeIssue {
  assert(issue !== undefined, "what a shape refuses has an issue");
  const steps = issue.path.filter((step) => typeof step !== "symbol");
  return { steps, field_path: fieldPath(steps), message: issue.message };
}

/** The same in one line, `part.of.it: what`; `whole` names the value itself. */
export function issueText(error: z.ZodError, whole = ""): string {
  const { steps, message } = firstIssue(error);
  return `${steps.join(".") || whole}: ${message}`;
}
