import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CODES } from "../src/contracts/index.ts";
import { codesReference } from "./codes.ts";

test("the reference of the codes is the one printed from their table", () => {
  const committed = readFileSync(new URL("../docs/reference/codes.md", import.meta.url), "utf8");

  expect(committed).toBe(codesReference());
});

test("every code has one row with its status, its exit code, its meaning and its remedy", () => {
  const rows = codesReference()
    .split("\n")
    .filter((line) => line.startsWith("| `"));

  expect(rows).toHaveLength(Object.keys(CODES).length);
  expect(rows).toContain(
    "| `PERMISSION_DENIED` | 403 | 7 | the scope does not grant this operation | grant it in the pack's scopes, or call what is granted |",
  );
});
