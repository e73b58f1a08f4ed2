import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const STATIC_IMPORT = /^(?:import|export) (?!type )(?:[^;]*? from )?"([^"]+)"/gm;

/** What is loaded with a file before it does anything: its static imports, and theirs. */
function loadedWith(path: string, loaded = new Set<string>()): ReadonlySet<string> {
  loaded.add(path);
  for (const [, target = ""] of readFileSync(path, "utf8").matchAll(STATIC_IMPORT)) {
    const file = target.startsWith(".") ? normalize(join(dirname(path), target)) : target;
    if (!loaded.has(file)) target.startsWith(".") ? loadedWith(file, loaded) : loaded.add(file);
  }
  return loaded;
}

test("help is quick: before a command is chosen nothing is loaded but the parser and what it reads", () => {
  const loaded = ["src/cli/main.ts", "src/cli/execute.ts"]
    .flatMap((file) => [...loadedWith(file)])
    .filter((file) => !file.startsWith("node:"));

  expect(loaded.filter((file) => !file.startsWith("src/cli/"))).toEqual(["commander"]);
  expect(loaded.filter((file) => file.startsWith("src/cli/commands/"))).toEqual([]);
});
