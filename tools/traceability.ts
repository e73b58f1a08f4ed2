import { filesUnder, isTest, type SourceFile } from "./source/files.ts";
import { isSpecId, mentionsIn } from "./source/spec-id.ts";

/*
 * Which tests show which item of the specification, as a Markdown table. With `--missing` it prints instead the required
 * items that no test names, and ends with 1 when there are any; with `--required`, the list of required items as JSON, which the gate
 * policy `test-suite` judges test reports by.
 */

const numbered = (prefix: string, from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => prefix + String(from + index).padStart(2, "0"));

/** What phase 1 of the specification demands a test for. */
export const REQUIRED: readonly string[] = [
  ...numbered("P1-T", 1, 20),
  ...["P1-T22", "P1-T23"],
  ...numbered("P1-T", 28, 31),
  ...numbered("P1-T", 33, 36),
  "P1-T41",
  ...numbered("P1-H", 1, 10),
  ...numbered("P1-T01-NEG-", 1, 6),
  ...numbered("P1-T02-NEG-", 1, 5),
  ...numbered("P1-T05-NEG-", 1, 3),
  ...numbered("P1-T07-NEG-", 1, 4),
  ...numbered("P1-T-CC", 1, 4),
  ...["P1-T-RK06a", "P1-T-RK06b", "P1-T-RK06c", "P1-T-RK08a", "P1-T-RK08b"],
];

/** Each vector of the conformance of agents' graphs. The golden suite is judged without them. */
export const GRAPH_VECTORS: readonly string[] = numbered("CO-20.9-", 1, 17);

/** A test, or a row of its table, that names an id. */
export interface Trace {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

/** Every well-formed id in the tests with where it stands, by id, then file. */
export function tracesIn(files: readonly SourceFile[]): readonly Trace[] {
  return files
    .filter(isTest)
    .flatMap((file) => mentionsIn(file).map(({ id, name }) => ({ id, name, path: file.path })))
    .filter(({ id }) => isSpecId(id))
    .sort((a, b) => compare(a.id, b.id) || compare(a.path, b.path));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** One row per id: its tests, and the file of each. */
export function traceabilityTable(traces: readonly Trace[]): string {
  const ids = [...new Set(traces.map(({ id }) => id))];
  const rows = ids.map((id) => {
    const tests = traces.filter((trace) => trace.id === id).map(({ name, path }) => `${cell(name)} (\`${path}\`)`);
    return `| ${id} | ${[...new Set(tests)].join("<br>")} |`;
  });
  return ["| id | shown by |", "|---|---|", ...rows].join("\n");
}

const cell = (name: string): string => name.replace(/\s+/g, " ").replaceAll("|", "\\|");

/** Required ids that no trace names, in the order of the specification. */
export function missingIds(traces: readonly Trace[]): readonly string[] {
  const named = new Set(traces.map(({ id }) => id));
  return [...REQUIRED, ...GRAPH_VECTORS].filter((id) => !named.has(id));
}

function main(args: readonly string[]): number {
  const traces = tracesIn([...filesUnder("src", ".test.ts"), ...filesUnder("test", ".test.ts")]);
  const missing = missingIds(traces);
  if (args.includes("--required")) {
    console.log(JSON.stringify(REQUIRED));
    return 0;
  }
  if (!args.includes("--missing")) {
    console.log(traceabilityTable(traces));
    return 0;
  }
  for (const id of missing) console.log(`no test names ${id}`);
  return missing.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main(process.argv.slice(2));
