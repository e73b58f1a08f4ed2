import { expect, test } from "vitest";
import { parseKillOrder } from "./kills.ts";

test("the kill test takes a number of runs and a database, and has both where none is given", () => {
  expect(parseKillOrder([])).toEqual({ runs: 2_000, database: "server" });
  expect(parseKillOrder(["--runs", "50", "--database", "embedded"])).toEqual({ runs: 50, database: "embedded" });
});

test.each([
  ["--runs", "0"],
  ["--runs", "3"],
  ["--runs", "many"],
  ["--runs", "100002"],
  ["--database", "other"],
  ["--rnus"],
])("and refuses what it cannot do: %s %s", (...args) => {
  expect(parseKillOrder(args)).toBeUndefined();
});
