import { expect, test } from "vitest";
import type { GoldenCase } from "../../release/index.ts";
import { durabilitySuites, type PlayDeath, type Played } from "./durability.ts";
import { type Boundary, type Effect, OwnerDied, ownerDeaths } from "./owner-deaths.ts";
import { GIFT } from "./testing/gift.ts";

const at = (point: Boundary["point"], step: string): Boundary => ({ point, step, nth: 1 });
const BOUNDARIES = [
  at("after_outcome", "look"),
  at("before_intent", "pay"),
  at("after_effect", "pay"),
  at("after_outcome", "pay"),
];
const PAID: Effect = { step: "pay", tool: "pay", key: "k1" };

const played = (change: Partial<Played> = {}, differences: readonly string[] = []): Played => ({
  attempt: { caseId: "gift", inputDigest: "0", runId: "r", differences, ms: 1, agents: null },
  boundaries: BOUNDARIES,
  effects: [PAID],
  hasDied: true,
  ...change,
});

/** Every death costs nothing, but for what is said of one. */
const plays =
  (change: (dies: Boundary | null, one: GoldenCase) => Played | null): PlayDeath =>
  async (one, dies) =>
    change(dies, one) ?? played({ hasDied: dies !== null });

const problemsOf = async (play: PlayDeath) =>
  (await durabilitySuites([GIFT], play)).map(({ name, status, problems }) => [name, status, ...problems]);

test("DS-01 DS-08 an owner dies after each record, before the first effect, and between it and its record", async () => {
  const deaths: string[] = [];
  const play = plays((dies) => {
    if (dies !== null) deaths.push(`${dies.point} ${dies.step}`);
    return null;
  });

  expect(await problemsOf(play)).toEqual([
    ["DS-01", "passed"],
    ["DS-08", "passed"],
  ]);
  expect(deaths).toEqual(["after_outcome look", "after_outcome pay", "before_intent pay", "after_effect pay"]);
});

test.each<readonly [string, Boundary["point"], Played, string]>([
  ["an effect that is made twice after its record", "after_outcome", played({ effects: [PAID, PAID] }), "DS-01"],
  ["a run that ends otherwise", "after_outcome", played({}, ["status is BLOCKED, not SUCCEEDED"]), "DS-01"],
  ["an owner that did not die", "after_outcome", played({ hasDied: false }), "DS-01"],
  ["an effect that is lost", "before_intent", played({ effects: [] }), "DS-08"],
  ["one that is made under another key", "after_effect", played({ effects: [PAID, { ...PAID, key: "k2" }] }), "DS-08"],
  ["one that is made without a key", "after_effect", played({ effects: [{ ...PAID, key: null }] }), "DS-08"],
])("%s fails the preview", async (_, point, seen, failing) => {
  const suites = await durabilitySuites(
    [GIFT],
    plays((dies) => (dies?.point === point ? seen : null)),
  );

  expect(suites.filter(({ status }) => status === "failed").map(({ name }) => name)).toEqual([failing]);
});

test("what may rightly wait for a person after a death is not waited for, and a second call under one key is none too many", async () => {
  const suites = await problemsOf(
    plays((dies, one) => {
      if (dies?.point !== "after_effect") return null;
      expect(one.within_seconds).toBeLessThan(GIFT.within_seconds);
      return played({ effects: [PAID, PAID] }, ["status is RUNNING, not SUCCEEDED"]);
    }),
  );

  expect(suites[1]).toEqual(["DS-08", "passed"]);
});

test("what nothing in a pack could show is not said to have passed", async () => {
  const reads = plays(() => played({ boundaries: [at("after_outcome", "look")], effects: [] }));

  expect(await problemsOf(reads)).toEqual([
    ["DS-01", "passed"],
    ["DS-08", "not_applicable", "no case calls a tool with an effect"],
  ]);
  expect(await durabilitySuites([], reads)).toMatchObject([{ status: "not_applicable" }, { status: "not_applicable" }]);
});

test("an owner dies once, at the very boundary that is named, and every boundary is noted", () => {
  const deaths = ownerDeaths();
  deaths.begin({ ...at("after_outcome", "pay"), nth: 2 });
  const reach = (step: string) => () => deaths.reached("after_outcome", { runId: "r", step });

  reach("pay")();
  reach("look")();
  expect(reach("pay")).toThrow(OwnerDied);
  reach("pay")();

  expect(deaths.seen()).toMatchObject({
    hasDied: true,
    boundaries: [{ nth: 1 }, { step: "look" }, { nth: 2 }, { nth: 3 }],
  });
});
