import { expect, test } from "vitest";
import { filesUnder, pathsUnder, type SourceFile } from "../../tools/source/files.ts";
import { found } from "./place.ts";

const LINES_MAX = 500;

const FOLDERS = ["src", "test", "tools", "bench", "console", "docs", "examples", "policies", ".ci", ".github"];

/** Names that say nothing of the concept, and versions in names. */
const BANNED = /^(?:utils?|helpers?|common|misc|lib|managers?|types)$|(?:^|[-.])v\d+$|^(?:new|old)-/;

const KEBAB_CASE = /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/;

const partsOf = (path: string): readonly string[] => {
  const parts = path.split("/");
  return parts.map((part, index) => (index === parts.length - 1 ? part.replace(/(?:\.(?:test|d))?\.\w+$/, "") : part));
};

const bannedNames = (paths: readonly string[]) =>
  paths
    .filter((path) => partsOf(path).some((part) => BANNED.test(part)))
    .map((path) => `${path}: name it for its concept`);

const oddNames = (paths: readonly string[]) =>
  paths
    .filter((path) => path.endsWith(".ts") && !partsOf(path).every((part) => KEBAB_CASE.test(part)))
    .map((path) => `${path}: files are named in kebab-case`);

const linesOf = ({ text }: SourceFile): number => text.split("\n").length - 1;

const longFiles = (files: readonly SourceFile[]) =>
  files
    .filter((file) => linesOf(file) > LINES_MAX)
    .map((file) => `${file.path}: ${linesOf(file)} lines, ${LINES_MAX} at most`);

/** Folders of some machine, and talk of how the text came about: a reader of the project can do nothing with either. */
const FOREIGN =
  /(?<![\w.])\/(?:home|root|Users|w[o]rk|f[a]rm)\/[\w.-]+|\b(?:this|the|our|a previous) (?:coding )?session\b(?! (?:of|is|cookie|ends))|\bas an AI\b|\bthe C[E]O\b|\bshared working tree\b|\bsub-?agents?\b|\bthe (?:task )?brief\b/gi;

const foreignWords = (files: readonly SourceFile[]) =>
  found(files, { pattern: FOREIGN, read: (text) => text, rule: "the project speaks of itself alone" });

test("names without a concept, versions in names, long files and talk of a workplace are found", () => {
  const places = ["src/run/utils.ts", "src/common/a.ts", "src/run/gate-v2.ts", "src/run/new-gate.ts", "src/gate.ts"];

  expect(bannedNames(places)).toHaveLength(4);
  expect(oddNames(["src/runDetails.ts", "src/run/zone.property.test.ts"])).toEqual([
    "src/runDetails.ts: files are named in kebab-case",
  ]);
  expect(longFiles([{ path: "a.ts", text: "\n".repeat(501) }])).toEqual(["a.ts: 501 lines, 500 at most"]);
  expect(foreignWords([{ path: "a.md", text: `see /ho${""}me/ann/notes` }])).toHaveLength(1);
});

const paths = FOLDERS.flatMap(pathsUnder);

test("every file is named for what it holds", () => {
  expect([...bannedNames(paths), ...oddNames(paths)]).toEqual([]);
});

test("no source file is over 500 lines", () => {
  const files = FOLDERS.flatMap((folder) => [...filesUnder(folder, ".ts"), ...filesUnder(folder, ".tsx")]);

  expect(longFiles(files)).toEqual([]);
});

test("the project speaks of itself alone", () => {
  const written = [".ts", ".tsx", ".md", ".yaml", ".yml", ".sql", ".json", "run"];
  const files = FOLDERS.flatMap((folder) => written.flatMap((ending) => filesUnder(folder, ending)));

  expect(foreignWords(files.filter(({ path }) => path !== "test/tidy/names.test.ts"))).toEqual([]);
});
