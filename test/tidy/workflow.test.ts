import { expect, test } from "vitest";
import { programFiles, type SourceFile } from "../../tools/source/files.ts";
import { importsOf } from "../../tools/source/imports.ts";

/** What runs in Temporal's sandbox, where every replay must do the same. */
const SANDBOXED = "src/worker/temporal/run-workflow.ts";
/** Names and shapes, and the SDK's own deterministic clock, waits and signals. */
const MAY_IMPORT = ["@temporalio/workflow", "src/worker/temporal/protocol.ts"];

const others = (file: SourceFile): readonly string[] =>
  importsOf(file)
    .map(({ to }) => to)
    .filter((to) => !MAY_IMPORT.includes(to));

const sourceOf = (path: string): readonly SourceFile[] => programFiles().filter((file) => file.path === path);

test("an import that reaches out of the sandbox is found", () => {
  const text = 'import { sleep } from "@temporalio/workflow";\nimport { readFile } from "node:fs/promises";\n';

  expect(others({ path: SANDBOXED, text })).toEqual(["node:fs/promises"]);
});

test("INT-T2 the workflow of a run reaches nothing but the sandbox's own clock, waits and signals", () => {
  const files = sourceOf(SANDBOXED);

  expect(files).toHaveLength(1);
  expect(files.flatMap(others)).toEqual([]);
  expect(sourceOf("src/worker/temporal/protocol.ts").flatMap((file) => importsOf(file))).toEqual([]);
});
