import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CommandEntry } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { filesUnder } from "../../tools/source/files.ts";

const README = [{ path: "README.md", text: readFileSync("README.md", "utf8") }];

/** Options of every command, and those that stand for a setting. */
const GLOBAL = new Set(["--url", "--key", "--dir", "--json", "--help", "--version", "--scheduler"]);

/** The words of a command as a page prints it, up to its first argument that is no plain word. */
const PRINTED = /\b(?:countermark|cmk) (?!serves )((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)([^`|\n#]*)/g;

/** Whether pages print it as code: in a block, or between backticks. */
const codeOf = (text: string): readonly string[] => {
  const joined = text.replaceAll(/\\\n\s*/g, "");
  const blocks = [...joined.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  const prose = joined.replaceAll(/^```[\s\S]*?^```$/gm, "");
  return [...blocks, ...[...prose.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\n", " "))];
};

const entryOf = (words: readonly string[]): CommandEntry | undefined =>
  COMMANDS.filter(({ path }) => path.every((word, index) => words[index] === word)).toSorted(
    (one, other) => other.path.length - one.path.length,
  )[0];

const isGroup = (words: readonly string[]): boolean =>
  words.length === 1 && COMMANDS.some(({ path }) => path[0] === words[0]);

async function wrongOf(words: string, rest: string): Promise<readonly string[]> {
  const entry = entryOf(words.split(" "));
  if (entry === undefined) return isGroup(words.split(" ")) ? [] : [`there is no command \`${words}\``];
  const { options } = await entry.load();
  const known = new Set((options ?? []).map(({ flags }) => flags.split(" ")[0]));
  return [...rest.matchAll(/(?<= )--[a-z-]+/g)]
    .map(([flag]) => flag)
    .filter((flag) => !known.has(flag) && !GLOBAL.has(flag))
    .map((flag) => `\`${entry.path.join(" ")}\` has no option \`${flag}\``);
}

test("every command that a page prints is one, with options that it has", async () => {
  const pages = [...filesUnder("docs", ".md"), ...filesUnder("examples", ".md"), ...README];
  const wrong: string[] = [];
  for (const { path, text } of pages) {
    for (const code of codeOf(text)) {
      for (const [, words = "", rest = ""] of code.matchAll(PRINTED)) {
        for (const why of await wrongOf(words, rest)) wrong.push(`${path}: ${why}`);
      }
    }
  }

  expect(pages.length).toBeGreaterThan(5);
  expect(wrong).toEqual([]);
});
