import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { partsOf } from "./parts.ts";

test("headings, paragraphs and code of a text are told apart", () => {
  expect(partsOf("# A\n\ntwo\nlines with `code`\n\n```sh\nrun it\n```\n\n## What to do\n")).toEqual([
    { kind: "title", text: "A" },
    { kind: "paragraph", text: "two lines with `code`" },
    { kind: "code", text: "run it" },
    { kind: "section", text: "What to do", anchor: "what-to-do" },
  ]);
});

test("a table is its rows, the heads first", () => {
  const [part] = partsOf("| a | b |\n|---|---|\n| `x` | y |");

  expect(part).toMatchObject({
    kind: "table",
    rows: [
      ["a", "b"],
      ["`x`", "y"],
    ],
  });
});

test("the runbook is written so that all of it can be drawn", () => {
  const parts = partsOf(readFileSync(new URL("../../../../docs/runbook.md", import.meta.url), "utf8"));

  expect(parts.filter(({ kind }) => kind === "section").length).toBeGreaterThan(10);
  for (const { kind, text } of parts) if (kind === "paragraph") expect(text).not.toMatch(/^([-*|#>]|\d+\.) |```/);
});
