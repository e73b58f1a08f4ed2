import { edgesOf } from "./compile/graph.ts";
import type { StepDefinition } from "./definition.ts";

/** A way on from a step, and when it is taken. */
export interface Way {
  readonly to: string;
  readonly when: "next" | "true" | "false" | "timeout" | "failure" | "branch";
}

const WHEN: { readonly [field: string]: Way["when"] } = {
  next_step: "next",
  if_true: "true",
  if_false: "false",
  on_timeout: "timeout",
  on_failure: "failure",
};

/** Every way on from a step, in the order in which it names them. */
export const waysOf = (step: StepDefinition): readonly Way[] =>
  edgesOf(step).map(({ field, to }) => ({ to, when: WHEN[field] ?? "branch" }));
