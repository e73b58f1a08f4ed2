import { expect, test } from "vitest";
import { CODES, isCode } from "../../src/contracts/codes.ts";
import { programFiles, type SourceFile } from "../../tools/source/files.ts";
import { withoutComments } from "../../tools/source/piece.ts";

const TABLE = "src/contracts/codes.ts";
const PARTS = [
  "src/contracts/agent-codes.ts",
  "src/contracts/beta-codes.ts",
  "src/contracts/counting-codes.ts",
  "src/contracts/evidence-codes.ts",
  "src/contracts/release-codes.ts",
  "src/contracts/waiver-codes.ts",
];

/** They answer with their providers' codes. */
const SIMULATORS = "src/packs/commerce/simulators/";

/** Where a refusal or a fault of ours is made. */
const RAISED = /\b(?:new Fault|refuse|refused|rejected)\(\s*(?:\{\s*code:\s*)?"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g;

function undeclared(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) =>
    [...withoutComments(text).matchAll(RAISED)]
      .map((match) => match[1] ?? "")
      .filter((code) => !isCode(code))
      .map((code) => `${path} raises ${code}, which ${TABLE} does not declare`),
  );
}

function unused(codes: readonly string[], files: readonly SourceFile[]): readonly string[] {
  const words = new Set(
    files.flatMap(({ text }) => withoutComments(text).match(/\b[A-Z][A-Z0-9_]+(?:\.[A-Z0-9_]+)?\b/g) ?? []),
  );
  return codes.filter((code) => !words.has(code)).map((code) => `${TABLE} declares ${code}, which nothing raises`);
}

test("a code that is raised and not declared, or declared and not used, is found", () => {
  const raising = {
    path: "src/a.ts",
    text: 'throw new Fault("NOT_A_CODE", "x"); refuse("SCHEMA_INVALID"); // GATE_FAILED',
  };

  expect(undeclared([raising])).toEqual(["src/a.ts raises NOT_A_CODE, which src/contracts/codes.ts does not declare"]);
  expect(unused(["SCHEMA_INVALID", "GATE_FAILED"], [raising])).toEqual([
    "src/contracts/codes.ts declares GATE_FAILED, which nothing raises",
  ]);
});

test("every code raised is declared", () => {
  const files = programFiles().filter(({ path }) => !path.startsWith(SIMULATORS));

  expect(undeclared(files)).toEqual([]);
});

test("every code declared is used", () => {
  const files = programFiles().filter(({ path }) => path !== TABLE && !PARTS.includes(path));

  expect(unused(Object.keys(CODES), files)).toEqual([]);
});
