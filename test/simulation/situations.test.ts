import { afterAll, beforeAll, expect, test } from "vitest";
import { playSituation, SITUATIONS, type Situation } from "../../src/chaos/index.ts";
import { assert } from "../../src/contracts/index.ts";
import { openTestWorld, type TestWorld } from "./world.ts";

let opened: TestWorld;
beforeAll(async () => {
  opened = await openTestWorld();
});
afterAll(() => opened.close());

const isOfRecords = ({ riskTags }: Situation): boolean => riskTags.includes("corruption");

const CASES = [
  ...SITUATIONS.filter(isOfRecords).map((situation) => ({ ids: "RT-713 K-30 CO-440", ...situation })),
  ...SITUATIONS.filter((situation) => !isOfRecords(situation)).map((situation) => ({ ids: "K-25", ...situation })),
];

test.each(CASES)("$ids $id: $title, and it comes to what it should", async (situation) => {
  const result = await playSituation(opened.world, situation, 1);

  expect(result.violations).toEqual([]);
  expect(result).toMatchObject({ passed: true, checks: { continuity_assertions_met: true } });
});

test("a situation played twice comes to the same, entry for entry", async () => {
  const torn = SITUATIONS.find(({ id }) => id === "torn-event-tail");
  assert(torn !== undefined, "there is such a situation");

  const [first, second] = [await playSituation(opened.world, torn, 3), await playSituation(opened.world, torn, 3)];

  expect(second).toEqual(first);
});
