import { expect, test } from "vitest";
import { instant } from "../../contracts/index.ts";
import { parseHistory, repeatedBreaches, type SloEntry } from "./repeated-breach.ts";
import type { MetricStage } from "./stage.ts";

const STAGE: { readonly [letter: string]: MetricStage } = {
  o: "ok",
  w: "warn",
  s: "soft_fail",
  h: "hard_fail",
  u: "unverified",
};

/** A history of one metric, a letter an evaluation, the oldest first. */
const historyOf = (letters: string, branch = "main"): readonly SloEntry[] =>
  [...letters].map((letter, index) => ({
    metric: "m",
    stage: STAGE[letter] ?? "unverified",
    branch,
    run: `r${index + 1}`,
    at: instant(index * 1000),
  }));

const breachOf = (letters: string) => repeatedBreaches(historyOf(letters), "main").get("m");

test.each([
  ["one hard failure", "ooh", undefined],
  ["two in a row", "ohh", "hard_fail twice in a row"],
  ["two with a calm one between", "hoh", undefined],
  ["three of the last ten", "hohoh", "hard_fail 3 times in the last 10"],
  ["three, the first of them eleven ago", "hohoooooooh", undefined],
  ["three, the first of them ten ago", "hohooooooh", "hard_fail 3 times in the last 10"],
  ["four soft failures in a row", "ssss", undefined],
  ["five", "sssss", "soft_fail or worse five times in a row"],
  ["five, one of them hard", "sshss", "soft_fail or worse five times in a row"],
  ["five with a warning between", "ssswss", undefined],
])("SLO-10 %s: %s", (_, letters, rule) => {
  expect(breachOf(letters)?.rule).toBe(rule);
});

test("SLO-10 a breach names its rule, since when, and the runs that breached", () => {
  expect(breachOf("ohhsoh")).toEqual({
    metric: "m",
    rule: "hard_fail twice in a row",
    since: 1000,
    occurrences: ["r2", "r3", "r4", "r6"],
  });
});

test.each([
  ["two calm evaluations leave it", "hhow", true],
  ["three calm ones clear it", "hhowo", false],
  ["a soft failure between them begins the count anew", "hhoosoo", true],
  ["one that could not be computed does, too", "hhoouo", true],
  ["what was before is forgotten: one more hard failure is the first again", "hhoooh", false],
  ["two more are a new breach", "hhooohh", true],
])("SLO-12 %s", (_, letters, isBreached) => {
  expect(breachOf(letters) !== undefined).toBe(isBreached);
});

test("an evaluation that could not be computed neither breaches nor hides a breach", () => {
  expect(breachOf("uuuuuu")).toBeUndefined();
  expect(breachOf("huh")?.rule).toBe("hard_fail twice in a row");
});

test("reruns of one run are one entry, the worst; other branches do not count; the order of the entries does not matter", () => {
  const twice = historyOf("hh").map((entry) => ({ ...entry, run: "r1" }));
  const washed = [...historyOf("hh"), ...historyOf("oo").map((entry) => ({ ...entry, at: instant(9000) }))];

  expect(repeatedBreaches(twice, "main").size).toBe(0);
  expect(repeatedBreaches(washed.toReversed(), "main").get("m")?.occurrences).toEqual(["r1", "r2"]);
  expect(repeatedBreaches(historyOf("hh", "topic"), "main").size).toBe(0);
});

test("SLO-03 a history is read whole, or not at all", () => {
  const entry = { evaluated_at: "2026-07-20T10:00:00Z", branch: "main", metric: "m", stage: "ok", run_id: "r1" };

  expect(parseHistory([entry])).toEqual([
    { metric: "m", stage: "ok", branch: "main", run: "r1", at: Date.UTC(2026, 6, 20, 10) },
  ]);
  for (const broken of [{ stage: "great" }, { evaluated_at: "yesterday" }, { metric: null }])
    expect(parseHistory([entry, { ...entry, ...broken }])).toBeUndefined();
  expect(parseHistory({})).toBeUndefined();
});
