import type { DraftPack } from "../pack-shape.ts";
import { type Finding, finding, type Steps } from "./finding.ts";

/** CC-02: bounds are declared, and every limit and time-out is greater than zero. */
export const checkBoundsPresent = (pack: DraftPack): readonly Finding[] => [
  ...checkBounds(pack.bounds),
  ...Object.entries(pack.tools).flatMap(([name, { timeout_seconds }]) =>
    checkTimeout(timeout_seconds, ["tools", name, "timeout_seconds"]),
  ),
  ...pack.workflows.flatMap((workflow, index) => [
    ...checkTimeout(workflow.timeout_seconds, ["workflows", index, "timeout_seconds"]),
    ...workflow.steps.flatMap(({ wait_timeout_seconds }, step) =>
      wait_timeout_seconds === undefined
        ? []
        : checkTimeout(wait_timeout_seconds, ["workflows", index, "steps", step, "wait_timeout_seconds"]),
    ),
  ]),
];

function checkBounds(bounds: DraftPack["bounds"]): readonly Finding[] {
  if (bounds === null) return [finding("CC-02", "CC02_BOUNDS_MISSING", ["bounds"], "the pack declares no bounds")];
  const { max_tool_calls_per_type, loop: _, ...limits } = bounds;
  return [
    ...Object.entries(limits).flatMap(([name, limit]) => checkLimit(limit, ["bounds", name])),
    ...Object.entries(max_tool_calls_per_type).flatMap(([tool, limit]) =>
      checkLimit(limit, ["bounds", "max_tool_calls_per_type", tool]),
    ),
  ];
}

const checkLimit = (limit: number, path: Steps): readonly Finding[] =>
  limit > 0 ? [] : [finding("CC-02", "CC02_BOUND_NOT_POSITIVE", path, `a bound of ${limit} allows nothing`)];

const checkTimeout = (seconds: number, path: Steps): readonly Finding[] =>
  seconds > 0 ? [] : [finding("CC-02", "CC02_TIMEOUT_NOT_POSITIVE", path, `a time-out of ${seconds} s leaves no time`)];
