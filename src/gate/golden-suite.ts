import type { Stage } from "./artifact.ts";
import type { TestReport, TestUnit } from "./test-report.ts";

const SPEC_ID = /\bP1-[A-Z][A-Za-z0-9-]*\w/g;

/** Names listed of each kind: enough to act on, and the document stays small. */
const LISTED_MAX = 1000;

const idsIn = ({ name }: TestUnit): readonly string[] => name.match(SPEC_ID) ?? [];

/**
 * The P0 rule over the tests whose names carry ids of the specification: all of them pass, and each required id is shown by
 * one. A failure is `GATE_FAILED`; without one, what did not run, cannot be read or is not there is `GATE_EVIDENCE_MISSING`.
 */
export function goldenStage(report: TestReport | undefined, required: readonly string[]): Stage {
  const units = (report?.units ?? []).filter((unit) => idsIn(unit).length > 0);
  const passed = units.filter(({ status }) => status === "passed");
  const shown = new Set(passed.flatMap(idsIn));
  const failed = units.filter(({ status }) => status === "failed").map(({ name }) => name);
  const missing = [
    ...units.filter(({ status }) => status === "unknown").map(({ name }) => name),
    ...(report?.unreadable ?? []),
    ...required.filter((id) => !shown.has(id)),
  ];
  const code =
    failed.length > 0 ? "GATE_FAILED" : missing.length > 0 || units.length === 0 ? "GATE_EVIDENCE_MISSING" : null;
  return {
    name: "golden-p0",
    kind: "raw",
    n: units.length,
    passes: passed.length,
    threshold: 1,
    passed: code === null,
    code,
    reason: `raw ${passed.length}/${units.length}, ${failed.length} failed, ${missing.length} without evidence`,
    failed: failed.slice(0, LISTED_MAX),
    missing: missing.slice(0, LISTED_MAX),
  };
}
