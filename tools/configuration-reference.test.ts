import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configReference } from "./configuration-reference.ts";

test("the reference of the configuration is the one printed from the options", () => {
  const committed = readFileSync(new URL("../docs/reference/configuration.md", import.meta.url), "utf8");

  expect(committed).toBe(configReference());
});
