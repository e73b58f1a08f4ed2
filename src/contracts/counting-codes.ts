import { entry } from "./code-entry.ts";

/** Codes of evidence that is counted where it is; part of the one table. */
export const COUNTING_CODES = {
  GATE_NOT_COUNTABLE: entry(
    422,
    "the policy asks more of the evidence than counting answers",
    "leave out what is named, state a shorter window, or evaluate NDJSON files",
  ),
};
