/**
 * Tests, and folders of them, that ask no database of the run, or bring their own: beside a second one they would show the
 * same again.
 */
export const WITHOUT_DATABASE: readonly string[] = [
  "test/cli/agent-example.test.ts",
  "test/cli/bundle.test.ts",
  "test/cli/check.test.ts",
  "test/cli/command-line.test.ts",
  "test/cli/evidence.test.ts",
  "test/cli/gate-beta.test.ts",
  "test/cli/gate-parquet.test.ts",
  "test/cli/nothing-open.test.ts",
  "test/cli/process.test.ts",
  "test/conformance/clients",
  "test/conformance/simulators",
  "test/replay",
];
