import { describe, expect, test } from "vitest";
import { after as later } from "../../contracts/index.ts";
import { B0, lightAttempts, lightStory, loopsOf, numbered, reportsOf } from "./testing/baseline.ts";
import { MINUTE_MS, minute, WINDOW_END } from "./testing/clock.ts";
import { added, changed, declaring, judged } from "./testing/judged.ts";
import { adaptation, correction, fixture, previewed } from "./testing/rows.ts";
import { type Act, ASKED, BEGUN, story, type Turn } from "./testing/story.ts";

const web = (count: number) => reportsOf(count, "web");
const others = (...targets: readonly string[]) => targets.flatMap((target) => reportsOf(20, target));
const lastOf = (prefix: string) => numbered(prefix, 19);

describe("light track", { timeout: 20_000 }, () => {
  test("W2 one report that is not deterministic is NO-GO", () => {
    const reports = [...web(19), adaptation(lastOf("web-"), { deterministic: false }), ...others("tablet", "mobile")];

    judged(changed({ reports }), { metrics: { "L-KPI-1": "59/60 FAIL" }, items: "2" });
  });

  test("W3 one tablet whose launcher is out of reach is NO-GO", () => {
    const lost = adaptation(lastOf("tablet-"), { targets: ["tablet"], launcherLost: ["tablet"] });

    judged(changed({ reports: [...reportsOf(19, "tablet"), lost, ...others("web", "mobile")] }), {
      metrics: { "L-KPI-2": "59/60 FAIL" },
      items: "2",
    });
  });

  test("W4 a blocked mobile target whose retained layout is within reach is GO", () => {
    const blocked = adaptation(lastOf("mobile-"), { targets: ["mobile"], blocked: ["mobile"] });

    judged(changed({ reports: [...reportsOf(19, "mobile"), blocked, ...others("web", "tablet")] }), {});
  });

  test.each([
    ["W5 one exhausted intent of 50 is within the limit", 50, "1/50 PASS", "", "2.0000"],
    ["W6 one exhausted intent of 49 is over the limit", 49, "1/49 FAIL", "2", "2.0408"],
  ] as const)("%s", (_, entered, value, items, percent) => {
    const report = judged(changed({ corrections: loopsOf(entered, 1) }), { metrics: { "L-KPI-3": value }, items });

    expect(report.metrics.find(({ id }) => id === "L-KPI-3")?.percent).toBe(percent);
  });

  test("W7 where no intent entered the loop nothing is known of it", () => {
    judged(changed({ corrections: [] }), { metrics: { "L-KPI-3": "0/0 UNKNOWN" }, items: "2 UNKNOWN" });
  });

  test("W8 an intent that was corrected four times breaches the cap, whatever the ratio", () => {
    const corrections = [...loopsOf(9), correction(numbered("loop-", 9), { corrections: 4 })];

    judged(changed({ corrections }), { metrics: { "L-KPI-3": "0/10 FAIL" }, items: "2" });
  });

  test("W9 what a fixture exhausts is not counted", () => {
    const exhausted = correction("exhausted-fixture", {
      corrections: 3,
      outcome: "exhausted",
      tags: fixture("exhausted", "correction_exhausted_expected"),
    });

    judged(declaring({ exhausted: ["correction_exhausted_expected"] }, [exhausted]), {});
  });

  const settled = later(WINDOW_END, 10 * MINUTE_MS);
  /** An attempt that failed before it applied; the next one asked after the window. */
  const superseded = [
    ...previewed("superseded", 1, minute(99)),
    ...previewed("superseded", 2, minute(99)),
    ...story("superseded", [
      ...BEGUN,
      "failed",
      { do: "retried", at: settled },
      "ready",
      "pending",
      "approved",
      "requested",
      "applying",
      "applied",
    ]),
  ];

  test.each([
    ["W10 one attempt of 200 that was left before it applied is within the limit", 199, "199/200 PASS", "", "99.5000"],
    ["W11 one attempt of 199 that was left before it applied is over the limit", 198, "198/199 FAIL", "2", "99.4974"],
  ] as const)("%s", (_, applied, value, items, percent) => {
    const light = [...lightAttempts(applied - 8, 0), ...superseded];
    const report = judged(changed({ light }), {
      metrics: { "L-SLO-4": value, "S-SLO-1": `${applied + 1 + 26}/${applied + 1 + 26} PASS` },
      items,
    });

    expect(report.metrics.find(({ id }) => id === "L-SLO-4")?.percent).toBe(percent);
  });

  test("W12 one lost attempt is NO-GO, however many were applied", () => {
    const light = [...lightAttempts(391, 0), ...lightStory("lost", [...BEGUN, "unsure", "lost"])];

    judged(changed({ light }), {
      metrics: { "L-SLO-4": "399/400 FAIL", "S-SLO-1": "426/426 PASS" },
      items: "2, 5",
    });
  });

  const second: readonly (Act | Turn)[] = [
    "retried",
    "ready",
    "pending",
    "approved",
    "requested",
    "applying",
    "applied",
  ];
  const twice = (...turns: readonly (Act | Turn)[]) => [
    ...previewed("twice", 1, minute(99)),
    ...previewed("twice", 2, minute(99)),
    ...story("twice", [...turns, ...second]),
  ];

  test("W13 an attempt that failed by drift does not end well though its successor was applied", () => {
    judged(added(...twice(...BEGUN, "failed")), {
      metrics: { "L-SLO-4": "31/32 FAIL", "S-SLO-1": "56/56 PASS" },
      items: "2",
    });
  });

  test("W14 an attempt that failed and was given up ends well", () => {
    judged(added(...lightStory("given-up", [...BEGUN, "failed", "givenUp"])), {
      metrics: { "L-SLO-4": "31/31 PASS", "S-SLO-1": "55/55 PASS" },
    });
  });

  test("W22 a request whose token ran out is not counted, but its attempt is", () => {
    judged(added(...twice(...ASKED, "approved", "refusedExpired", "failed")), {
      metrics: { "L-SLO-4": "31/32 FAIL", "S-SLO-1": "55/55 PASS" },
      items: "2",
    });
  });

  test("W40 below fifteen intents for tablets too little happened", () => {
    const reports = [...web(26), ...reportsOf(14, "tablet"), ...others("mobile")];
    const { floors } = judged(changed({ reports }), { items: "1" });

    expect(floors.find(({ id }) => id === "target_tablet")).toMatchObject({ actual: 14, status: "FAIL" });
  });

  test("W41 an intent that names no target counts for each", () => {
    const all = adaptation(numbered("web-", 25), { targets: ["web", "tablet", "mobile"] });
    const { floors } = judged(
      changed({ reports: [...web(25), all, ...reportsOf(14, "tablet"), ...others("mobile")] }),
      {},
    );

    expect(floors.find(({ id }) => id === "target_tablet")).toMatchObject({ actual: 15, status: "PASS" });
  });

  test("W50 an attempt that asked for approval without a dry run breaks the evidence, and no metric", () => {
    const light = B0.light.filter(({ kind, eventKey }) => kind !== "light_dryrun" || eventKey !== "light-001:1");

    judged(changed({ light }), { items: "6", rules: ["IF-11"] });
  });
});
