import { expect, test, vi } from "vitest";
import { readYaml, yamlText } from "./yaml.ts";

test("every document of a text is read, and what was written is read again", () => {
  expect(readYaml("a: 1\n---\nb: [x]\n")).toEqual([{ a: 1 }, { b: ["x"] }]);
  expect(readYaml(yamlText({ a: "yes", b: undefined, c: [1, null] }))).toEqual([{ a: "yes", c: [1, null] }]);
});

test.each([
  ["what is no YAML", "a: ["],
  ["a key that comes twice", "a: 1\na: 2"],
  ["a number that JSON has not", "a: .nan"],
  [
    "aliases that unfold without end",
    `a: &a [x]\n${["b", "c", "d", "e"].map((name, index) => `${name}: &${name} [${`*${"abcd"[index]},`.repeat(40)}]`).join("\n")}`,
  ],
  ["more than a mebibyte", `a: ${"x".repeat(2 ** 20)}`],
])("%s is not read", (_, source) => {
  expect(readYaml(source)).toBeUndefined();
});

test("reading says nothing by itself, also of keys that no JSON has", () => {
  const said = vi.spyOn(process, "emitWarning");

  readYaml("{ {a: 1}: 2 }");

  expect(said).not.toHaveBeenCalled();
  said.mockRestore();
});
