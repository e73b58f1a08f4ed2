import { expect, test } from "vitest";
import { programFiles, type SourceFile } from "../../tools/source/files.ts";
import { codeOf, withoutComments } from "../../tools/source/piece.ts";
import { found } from "./place.ts";

const SYSTEM_HOST = "src/contracts/system-host.ts";

const AMBIENT =
  /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bhrtime\b|\bset(?:Timeout|Interval|Immediate)\b|\bAbortSignal\.timeout\b|\bMath\.random\b|\brandom(?:UUID|Bytes|Int|FillSync)\b|\bgetRandomValues\b/g;

/** Clock, timers, ids and chance of the process, wherever they are not built into the real host. */
const ambient = (files: readonly SourceFile[]) => [
  ...found(files, { pattern: AMBIENT, read: codeOf, rule: "clock, ids and chance are passed in" }),
  ...found(files, {
    pattern: /"(?:node:)?timers(?:\/promises)?"/g,
    read: withoutComments,
    rule: "the clock is passed in",
  }),
];

const environment = (files: readonly SourceFile[]) =>
  found(files, {
    pattern: /\bprocess\.env\b/g,
    read: codeOf,
    rule: "configuration is read in one place of the command line",
  });

const consoles = (files: readonly SourceFile[]) =>
  found(files, {
    pattern: /\bconsole\.\w+|\bprocess\.exit\b/g,
    read: codeOf,
    rule: "a command writes to its context's streams and returns its code",
  });

test("ambient time, chance and environment are found; text and comments about them are not", () => {
  const files = [
    { path: "src/a.ts", text: 'Date.now(); "Date.now()"; // Date.now()\nnew Date(5); setTimeout(f);\nprocess.env.X' },
  ];

  expect(ambient(files)).toEqual([
    "src/a.ts:1 `Date.now`: clock, ids and chance are passed in",
    "src/a.ts:2 `setTimeout`: clock, ids and chance are passed in",
  ]);
  expect(environment(files)).toHaveLength(1);
});

test("CO-301 K-01 only the real host touches clock, timers and chance", () => {
  expect(ambient(programFiles().filter(({ path }) => path !== SYSTEM_HOST))).toEqual([]);
});

test("only one file of the command line reads the environment", () => {
  const files = programFiles();
  const readers = files.filter((file) => file.path.startsWith("src/cli/") && environment([file]).length > 0);

  expect(environment(files.filter(({ path }) => !path.startsWith("src/cli/")))).toEqual([]);
  expect(readers.map(({ path }) => path).slice(1)).toEqual([]);
});

test("only the program's entry point ends the process, and nothing writes to the console", () => {
  expect(consoles(programFiles().filter(({ path }) => path !== "src/cli/main.ts"))).toEqual([]);
});
