import { expect, test } from "vitest";
import { filesUnder, isTest } from "../../tools/source/files.ts";
import { LONG, longFirst } from "../long-first.ts";

test("every file that is to begin first is there", () => {
  const files = new Set(
    filesUnder("test", ".ts")
      .filter(isTest)
      .map(({ path }) => path),
  );

  expect(LONG.filter((path) => !files.has(path))).toEqual([]);
});

test("the long files of a project begin before its others, the longest first, and others stay in their order", () => {
  const [longest = "", second = ""] = LONG;
  const of = (project: string, ...paths: readonly string[]) =>
    paths.map((path) => ({ project, moduleId: `/somewhere/${path}` }));
  const files = [...of("one", "b.test.ts", second, "a.test.ts", longest), ...of("two", "c.test.ts", longest)];

  expect(longFirst(files)).toEqual([
    ...of("one", longest, second, "b.test.ts", "a.test.ts"),
    ...of("two", longest, "c.test.ts"),
  ]);
});
