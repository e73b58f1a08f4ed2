import { expect, test } from "vitest";
import { filesUnder, isTest, type SourceFile } from "../../tools/source/files.ts";
import { isSpecId, mentionsIn } from "../../tools/source/spec-id.ts";

const malformed = (files: readonly SourceFile[]) =>
  files.flatMap((file) =>
    mentionsIn(file)
      .filter(({ id }) => !isSpecId(id))
      .map(({ id, line }) => `${file.path}:${line} names ${id}, which is no id of the specification`),
  );

test("ids that the specification could not have are found", () => {
  const ids = ["P1-T12", "P1-H07", "P1-T01-NEG-03", "P1-T-CC01", "P1-T-RK06a", "P1-D04", "INV-01"];
  const others = ["P1-T7", "P1-T01-NEG-3", "P1-TCC01", "P1-T-RK6", "INV-1"];
  const text = [...ids, ...others].map((id) => `test("${id} works");`).join("\n");

  expect(malformed([{ path: "a.test.ts", text }])).toEqual(
    others.map((id, index) => `a.test.ts:${ids.length + index + 1} names ${id}, which is no id of the specification`),
  );
});

test("every id in a test's name is well formed", () => {
  expect(
    malformed([...filesUnder("src", ".test.ts"), ...filesUnder("test", ".test.ts")].filter(isTest).filter(isNotThis)),
  ).toEqual([]);
});

const isNotThis = ({ path }: SourceFile): boolean => path !== "test/tidy/spec-ids.test.ts";
