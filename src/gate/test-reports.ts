import { z } from "zod";
import { accepted, type Instant, instant, rejected, sha256Hex } from "../contracts/index.ts";
import { type Derivation, type EvidenceFile, onlyText } from "./derivation.ts";
import { inOrder } from "./measure.ts";
import type { EvidenceSet, SourceState, Unit } from "./unit.ts";

const attempt = z.object({
  fullName: z.string(),
  status: z.enum(["passed", "failed", "skipped", "pending", "todo", "disabled"]),
});
const testFile = z.object({
  name: z.string(),
  status: z.enum(["passed", "failed"]),
  assertionResults: z.array(attempt),
});
const report = z.object({ startTime: z.number(), testResults: z.array(testFile) });
const required = z.array(z.string());

type TestFile = z.infer<typeof testFile>;
type Attempt = z.infer<typeof attempt>;

/** The file that lists the ids which tests have to show, as a JSON array of texts. */
const REQUIRED_FILE = "required.json";

/** An item of a specification in a test's name. */
const SPEC_ID = /\bP1-[A-Z][A-Za-z0-9-]*\w/g;

/**
 * A test suite's JSON reports, as vitest writes them, as units: `test` (`name`, `status`, and whether it is `golden`, its name carrying
 * an id of the specification) and `requirement` (`shown` by a golden test that passed), of `required.json`. Several reports are parts or
 * runs of one suite: a test is its file and name, and attempts of it are one unit, of which each that ran has to pass.
 */
export const TEST_REPORTS: Derivation = {
  fn: "test_reports",
  version: 1,
  isReproduced: false,
  derive: ({ files }) => {
    const reports = files.filter(({ name }) => name.endsWith(".json") && name !== REQUIRED_FILE);
    if (reports.length === 0)
      return rejected({ code: "GATE_EVIDENCE_MISSING", message: "there is no test report that ends in `.json`" });
    return accepted(unitsOf(files, reports));
  },
};

function unitsOf(files: readonly EvidenceFile[], reports: readonly EvidenceFile[]): EvidenceSet {
  const read = reports.map(({ text }) => report.safeParse(valueIn(text)));
  const parsed = read.flatMap((one) => (one.success ? [one.data] : []));
  const started = parsed.map(({ startTime }) => startTime);
  const at = started.length === 0 ? null : instant(Math.min(...started)); // the oldest gives the age
  const tests = testsIn(
    parsed.flatMap(({ testResults }) => testResults),
    at,
  );
  const ids = required.safeParse(valueIn(onlyText(files, REQUIRED_FILE) ?? ""));
  const unread = read.length - parsed.length;
  const unrun = parsed.flatMap(({ testResults }) => testResults).filter(neverRan).length;
  return {
    digest: sha256Hex(
      files
        .map(({ name, text }) => `${name} ${sha256Hex(text)}`)
        .toSorted(inOrder)
        .join("\n"),
    ),
    sources: {
      reports:
        unread > 0
          ? state("unreadable", `${unread} reports cannot be read`)
          : unrun > 0
            ? state("incomplete", `${unrun} test files did not run`)
            : state("complete", ""),
      required: ids.success ? state("complete", "") : state("unreadable", `\`${REQUIRED_FILE}\` is no list of ids`),
    },
    facts: {},
    units: { test: tests, requirement: requirementsOf(ids.data ?? [], tests, at) },
  };
}

const state = (is: SourceState["state"], detail: string): SourceState => ({ state: is, detail });

/** Reports of large suites are larger than documents of ours may be. */
function valueIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // no JSON, so no report either
    throw error;
  }
}

/** A file that failed without any of its tests failing: what it holds never ran. */
const neverRan = ({ status, assertionResults }: TestFile): boolean =>
  status === "failed" && !assertionResults.some((one) => one.status === "failed");

function testsIn(files: readonly TestFile[], at: Instant | null): readonly Unit[] {
  const attempts = new Map<string, Attempt[]>();
  for (const { name, assertionResults } of files) {
    for (const one of assertionResults) {
      const key = `${name} ${one.fullName}`;
      attempts.set(key, [...(attempts.get(key) ?? []), one]);
    }
  }
  return [...attempts].map(([id, all]) => {
    const name = all[0]?.fullName ?? "";
    return unit(id, at, { name, status: folded(all), golden: name.match(SPEC_ID) !== null });
  });
}

/** Every attempt that ran has to pass, and one has to have run. */
function folded(attempts: readonly Attempt[]): "passed" | "failed" | "unknown" {
  if (attempts.some(({ status }) => status === "failed")) return "failed";
  const ran = attempts.filter(({ status }) => status !== "skipped");
  return ran.length > 0 && ran.every(({ status }) => status === "passed") ? "passed" : "unknown";
}

function requirementsOf(ids: readonly string[], tests: readonly Unit[], at: Instant | null): readonly Unit[] {
  const passed = tests.filter(({ columns }) => columns.status === "passed");
  const shown = new Set(passed.flatMap(({ columns }) => String(columns.name).match(SPEC_ID) ?? []));
  return [...new Set(ids)].map((id) => unit(id, at, { id, shown: shown.has(id) }));
}

const unit = (id: string, at: Instant | null, columns: Unit["columns"]): Unit => ({
  id,
  at,
  channel: "ci",
  rows: [id],
  isValid: true,
  columns,
});
