import fc from "fast-check";
import pc from "picocolors";
import { expect, test } from "vitest";
import { instant } from "../contracts/index.ts";
import type { GateRow } from "../gate/index.ts";
import { approvalLines } from "./approval-lines.ts";
import { leavesOf, textOf, visible } from "./document.ts";
import { toldLines } from "./gate-lines.ts";
import { money } from "./run-lines.ts";
import { table } from "./table.ts";
import { when } from "./when.ts";

test("columns are as wide as their widest cell, whatever its colour, and no line ends in blanks", () => {
  const lines = table(
    ["id", "status"],
    [
      ["a", "\u001b[32mdone\u001b[39m"],
      ["longer", ""],
    ],
  );

  expect(lines).toEqual(["ID      STATUS", "a       \u001b[32mdone\u001b[39m", "longer"]);
});

test("a table without rows has no head either", () => {
  expect(table(["id"], [])).toEqual([]);
});

test("a time is shown in UTC with its distance, and what is no time as it is", () => {
  const now = instant(Date.UTC(2026, 0, 2, 3, 9, 5));

  expect(when("2026-01-02T03:04:05.678Z", now)).toBe("2026-01-02 03:04:05 UTC (4 min ago)");
  expect(when("-", now)).toBe("-");
});

test.each([
  ["2400", "eur", "24.00 EUR"],
  ["5", "USD", "0.05 USD"],
  ["-150", "usd", "-1.50 USD"],
  ["1200", "JPY", "1200 JPY"],
  ["12345", "KWD", "12.345 KWD"],
  ["90071992547409931", "EUR", "900719925474099.31 EUR"],
  ["12.5", "EUR", "12.5 EUR"],
  ["100", "-", "100 -"],
])("%s minor units of %s are %s", (minor, currency, text) => {
  expect(money(minor, currency)).toBe(text);
});

test("nothing that came from outside reaches a terminal as a control sequence", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const shown = textOf({ note: text }, "note");

      expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
  expect(visible("\u001b[2J\u202eevil")).toBe("\\u001b[2J\\u202eevil");
});

test("a document's leaves are listed with their paths, empty parts too", () => {
  expect(leavesOf({ a: { b: 1 }, list: [{ c: null }], none: [], nothing: {} })).toEqual([
    ["a.b", "1"],
    ["list[0].c", "null"],
    ["none", "[]"],
    ["nothing", "{}"],
  ]);
});

test("an approval whose preview is gone says so", () => {
  const approval = { approval_id: "a1", status: "PENDING", preview: null, preview_sha256: "ab12" };
  const lines = approvalLines(approval, instant(0), pc.createColors(false));

  expect(lines.join("\n")).toMatch(/preview +sha256 ab12, which can no longer be shown$/m);
});

test("a decision shows what its evidence is named by in one line each, and nothing of it moves the terminal", () => {
  const row: GateRow = {
    ...{ id: "rate:a\n\u001b[32mGO", title: null, group: null, metric: "m", status: "FAIL", standing: "counts" },
    ...{ severity: "critical", stage: null, waivable: false, value: "0/1", shown: "0", sample: 1, sample_min: 0 },
    ...{ bound: null, rule: ">= 1", triggers: [], reasons: ["`\u202er` cannot be read"], flip: [], code: null },
    ...{ failing: { count: 1, rows: ["r\u001b[2J"] }, remedy: "look\nagain", waiver: null },
  };

  expect(toldLines(row, pc.createColors(false))).toEqual([
    "",
    "rate:a \\u001b[32mGO  FAIL",
    "  `\\u202er` cannot be read",
    "  at fault: r\\u001b[2J",
    "  look again",
  ]);
});
