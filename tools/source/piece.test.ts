import fc from "fast-check";
import { expect, test } from "vitest";
import { filesUnder } from "./files.ts";
import { codeOf, piecesOf, withoutComments } from "./piece.ts";

const kindsOf = (source: string) => piecesOf(source).map(({ kind, text }) => `${kind} ${text}`);

test("strings, templates, regular expressions and comments are told from code", () => {
  expect(kindsOf('a("x // y"); // "z"\n/* ` */ b')).toEqual([
    "code a(",
    'string "x // y"',
    "code ); ",
    'comment // "z"',
    "code \n",
    "comment /* ` */",
    "code  b",
  ]);
  expect(kindsOf('a / b / c; d = /[/]"/g')).toEqual(["code a / b / c; d = ", 'regex /[/]"/g']);
  expect(kindsOf("return /x/")).toEqual(["code return ", "regex /x/"]);
});

/** The mark that begins a substitution. */
const OPEN = "$".concat("{");

test("code inside a template is code, however deep", () => {
  expect(kindsOf(`t\`a ${OPEN}f({ b: \`c ${OPEN}d}\` })} e\`; g`)).toEqual([
    "code t",
    `template \`a ${OPEN}`,
    "code f({ b: ",
    `template \`c ${OPEN}`,
    "code d",
    "template }`",
    "code  })",
    "template } e`",
    "code ; g",
  ]);
});

test("blanking keeps every line where it is", () => {
  expect(codeOf(`x("a\\"b") /* c\nd */ + \`e\n${OPEN}f}\``)).toBe(`x("    ")     \n     + \` \n${OPEN}f}\``);
  expect(withoutComments("a // b\nc")).toBe("a     \nc");
});

const joined = (source: string) =>
  piecesOf(source)
    .map(({ text }) => text)
    .join("");

test("the pieces of any text are that text again", () => {
  const part = fc.constantFrom("a", " ", "\n", '"', "'", "`", OPEN, "{", "}", "/", "*", "\\", "[", "]", "return");

  const isWhole = fc.property(fc.array(part), (parts) => joined(parts.join("")) === parts.join(""));

  fc.assert(isWhole);
});

test("the pieces of our own files are those files again", () => {
  for (const { path, text } of filesUnder("src", ".ts")) expect(joined(text), path).toBe(text);
});
