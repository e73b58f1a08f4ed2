import { expect, test } from "vitest";
import { filesUnder, isTest, isTesting, type SourceFile } from "../../tools/source/files.ts";
import { type Import, importsOf } from "../../tools/source/imports.ts";
import { contextOf, mayImport } from "./contexts.ts";

/** Files that something outside the source starts or imports. */
const ENTRY_POINTS = new Set(["src/index.ts", "src/cli/main.ts", "src/worker/agent/child/main.ts"]);

const isOurs = ({ to }: Import): boolean => to.startsWith("src/");

const problemWith = ({ from, to, line }: Import, rule: string): string => `${from}:${line} imports ${to}: ${rule}`;

function pointsUp(edge: Import): boolean {
  const [from, to] = [contextOf(edge.from), contextOf(edge.to)];
  return from !== undefined && to !== undefined && !mayImport(from, to);
}

const reachesPastIndex = (edge: Import): boolean =>
  contextOf(edge.from) !== contextOf(edge.to) && !edge.to.endsWith("/index.ts");

const usesTesting = ({ from, to }: Import): boolean => isTesting({ path: to }) && !isTesting({ path: from });

function importProblems(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => {
    const edges = importsOf(file).filter(isOurs);
    return [
      ...edges.filter(pointsUp).map((edge) => problemWith(edge, "imports of contexts only point down")),
      ...edges
        .filter(reachesPastIndex)
        .map((edge) => problemWith(edge, "another context is its index and nothing else")),
      ...(isTest(file) ? [] : edges.filter(usesTesting)).map((edge) => problemWith(edge, "only tests use it")),
    ];
  });
}

/** Files that nobody imports. A program file that only tests import is dead; a testing file needs one test. Scripts under tools/ are program. */
function unimported(files: readonly SourceFile[]): readonly string[] {
  const byProgram = new Set<string>();
  const byTests = new Set<string>();
  for (const file of files) {
    const isProgram = file.path.startsWith("src/") || file.path.startsWith("tools/");
    const targets = isTest(file) || isTesting(file) || !isProgram ? byTests : byProgram;
    for (const { to } of importsOf(file)) if (to !== file.path) targets.add(to);
  }
  return files
    .filter((file) => file.path.startsWith("src/") && !isTest(file) && !ENTRY_POINTS.has(file.path))
    .filter((file) => !(isTesting(file) ? byTests : byProgram).has(file.path))
    .map(({ path }) => `${path}: no program file imports it`);
}

const file = (path: string, ...imports: readonly string[]): SourceFile => ({
  path,
  text: imports.map((name) => `import { x } from "${name}";\n`).join(""),
});

test("an import that points up, past an index or from the program to a testing file is found", () => {
  expect(importProblems([file("src/store/a.ts", "../contracts/index.ts", "./b.ts", "postgres")])).toEqual([]);
  expect(importProblems([file("src/store/a.ts", "../guard/index.ts")])).toEqual([
    "src/store/a.ts:1 imports src/guard/index.ts: imports of contexts only point down",
  ]);
  expect(importProblems([file("src/guard/a.ts", "../store/index.ts", "../store/tenant.ts")])).toEqual([
    "src/guard/a.ts:2 imports src/store/tenant.ts: another context is its index and nothing else",
  ]);
  expect(importProblems([file("src/guard/a.ts", "./testing/calls.ts")])).toEqual([
    "src/guard/a.ts:1 imports src/guard/testing/calls.ts: only tests use it",
  ]);
});

test("a file that nothing imports, or only its test does, is found", () => {
  const files = [
    file("src/store/index.ts", "./a.ts"),
    file("src/store/a.ts"),
    file("src/store/b.ts"),
    file("src/store/b.test.ts", "./b.ts"),
    file("src/cli/main.ts", "../store/index.ts"),
  ];

  expect(unimported(files)).toEqual(["src/store/b.ts: no program file imports it"]);
});

test("every folder under src is a context of the design", () => {
  const strangers = filesUnder("src", ".ts").filter(({ path }) => contextOf(path) === undefined);

  expect(strangers.map(({ path }) => path)).toEqual([]);
});

test("imports between contexts point down and reach an index only", () => {
  expect(importProblems(filesUnder("src", ".ts"))).toEqual([]);
});

test("every file is imported by the program", () => {
  expect(unimported(["src", "tools", "test", "bench"].flatMap((folder) => filesUnder(folder, ".ts")))).toEqual([]);
});
