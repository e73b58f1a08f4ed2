import { expect, test } from "vitest";
import { GRAPH_VECTORS, missingIds, REQUIRED, traceabilityTable, tracesIn } from "./traceability.ts";

const file = {
  path: "test/store/isolation.test.ts",
  text: 'test("P1-T33 INV-02 only one | tenant\'s rows", () => {}); // P1-T34\ntest("no id", () => {});',
};

test("the table lists each id with the tests that name it", () => {
  expect(traceabilityTable(tracesIn([file, { ...file, path: "src/a.ts" }])).split("\n")).toEqual([
    "| id | shown by |",
    "|---|---|",
    "| INV-02 | P1-T33 INV-02 only one \\| tenant's rows (`test/store/isolation.test.ts`) |",
    "| P1-T33 | P1-T33 INV-02 only one \\| tenant's rows (`test/store/isolation.test.ts`) |",
  ]);
});

test("required ids are the 68 of phase 1 and the 17 of graphs, each once, and those that no test names are missing", () => {
  const missing = missingIds(tracesIn([file]));

  expect(new Set([...REQUIRED, ...GRAPH_VECTORS]).size).toBe(85);
  expect(REQUIRED).toHaveLength(68);
  expect(missing).toHaveLength(84);
  expect(missing).not.toContain("P1-T33");
});
