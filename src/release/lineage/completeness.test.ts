import { expect, test } from "vitest";
import { STAGES } from "./model.ts";
import { factsOf, lineageAt } from "./testing/candidate.ts";

test.each(STAGES)("a lineage of which everything was seen is complete at stage %s", (stage) => {
  const lineage = lineageAt(stage, factsOf());
  expect(lineage.completeness_checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(lineage.status).toBe("passed");
});
