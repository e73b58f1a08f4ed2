import { describe, expect, test } from "vitest";
import { type JsonObject, after as later } from "../../contracts/index.ts";
import {
  B0,
  bundleOf,
  drill,
  heavyStory,
  INVALID_NAMES,
  lightStory,
  moduleOf,
  numbered,
  partial,
  reportsOf,
  times,
} from "./testing/baseline.ts";
import type { Bundle } from "./testing/bundle.ts";
import { HOUR_MS, MINUTE_MS, minute, WINDOW_END, WINDOW_START } from "./testing/clock.ts";
import { added, changed, declaring, judged } from "./testing/judged.ts";
import {
  adaptation,
  capability,
  completeAction,
  fixture,
  graph,
  invalidImport,
  retagged,
  validImport,
  without,
} from "./testing/rows.ts";
import { type Act, APPLIED, ASKED, BEGUN, ROLLED_BACK, story, type Turn, timed } from "./testing/story.ts";

const web = (count: number) => reportsOf(count, "web");
const others = (...targets: readonly string[]) => targets.flatMap((target) => reportsOf(20, target));
const lastOf = (prefix: string) => numbered(prefix, 19);

test("W1 a bundle of which nothing is wrong is GO", () => {
  const { floors, metrics } = judged(bundleOf(B0), {});

  expect(metrics.map(({ rowIds }) => rowIds.length)).toEqual([60, 60, 10, 250, 12, 50, 10, 186, 54, 24, 4]);
  expect(floors.map(({ id, actual, required, status }) => `${id} ${actual} of ${required} ${status}`)).toEqual([
    "light_intents 60 of 60 PASS",
    "target_web 20 of 15 PASS",
    "target_tablet 20 of 15 PASS",
    "target_mobile 20 of 15 PASS",
    "heavy_sessions 30 of 30 PASS",
    "heavy_approval_sensitive_attempts 24 of 20 PASS",
    "approval_required_attempts 54 of 40 PASS",
    "rollback_episodes 12 of 10 PASS",
    "rollback_partial_apply 4 of 3 PASS",
  ]);
});

describe("heavy track", () => {
  test("W15 one import of a valid package that is refused is NO-GO", () => {
    const again = validImport("valid-001", {
      at: minute(33),
      refused: ["app-version-out-of-range", "package.compatibility"],
    });

    judged(added(again), { metrics: { "H-KPI-1": "12/13 FAIL" }, items: "3" });
  });

  test("W16 an invalid package that is refused at another path drifts", () => {
    const drifted = invalidImport("invalid-001", { at: minute(33), refused: ["invalid-module-id", "package"] });

    judged(added(drifted), { metrics: { "H-KPI-2": "24/25 FAIL" }, items: "3" });
  });

  test("W17 invalid packages that were run once say nothing, and the corpus was not exercised", () => {
    judged(changed({ invalid: INVALID_NAMES.map((name) => invalidImport(name)) }), {
      metrics: { "H-KPI-2": "0/0 UNKNOWN" },
      items: "3 UNKNOWN, 6",
      rules: ["IF-12"],
    });
  });

  test("W18 an action that leaves its undo to a reader's default is not complete", () => {
    const actions = times(4, (index) => completeAction(numbered("act-", index)));
    const [first, ...rest] = actions;
    const lacking = graph(numbered("module-", 9), [without(first ?? {}, "undoCommand"), ...rest], {
      tags: { heavySessionId: "s10" },
    });

    judged(changed({ graphs: [...times(9, moduleOf), lacking] }), {
      metrics: { "H-KPI-3": "39/40 FAIL" },
      items: "3",
    });
  });

  test("W47 one lost attempt of a fixture is NO-GO though fixtures are not counted", () => {
    const rows = story("lost-fixture", [...BEGUN, "unsure", "lost"], {
      track: "heavy",
      tags: fixture("lost", "rolled_back_expected"),
    });

    judged(declaring({ lost: ["rolled_back_expected"] }, rows), {
      metrics: { "H-SLO-4": "24/24 FAIL", "S-SLO-1": "55/55 PASS" },
      items: "3, 5",
    });
  });
});

describe("approvals", () => {
  test("W19 a request under the token of an older preview is not compliant, though the attempt applies later", () => {
    judged(
      added(...lightStory("older", [...ASKED, "approved", "refusedMismatch", "requested", "applying", "applied"])),
      {
        metrics: { "L-SLO-4": "31/31 PASS", "S-SLO-1": "54/55 FAIL" },
        items: "4",
      },
    );
  });

  test("W20 a wrong token that a fixture tries and sees refused is not counted", () => {
    const rows = story("wrong-token", [...ASKED, "approved", "refusedMismatch"], {
      track: "heavy",
      tags: fixture("wrong-token", "approval_reject_expected"),
    });

    judged(declaring({ "wrong-token": ["approval_reject_expected"] }, rows), {});
  });

  test("W21 an attempt that began to apply without an approval is a bypass", () => {
    const rows = heavyStory("bypass", APPLIED).filter(({ payload }) => !isBefore(payload, 6));

    judged(added(...rows), { metrics: { "S-SLO-1": "54/55 FAIL" }, items: "4" });
  });
});

/** Whether an event comes before the one of a number. */
const isBefore = (payload: unknown, seq: number): boolean =>
  typeof payload === "object" && payload !== null && "seq" in payload && Number(payload.seq) < seq;

const drills = (count: number, ...more: readonly (readonly JsonObject[])[]): Bundle =>
  changed({ drills: [...times(count, drill), ...more].flat() });

const drillStory = (turns: readonly (Act | Turn)[], at = minute(250)): readonly JsonObject[] =>
  lightStory("drill-x", turns, { at });

describe("rollbacks", () => {
  test("W23 a rollback that is begun a second time is the same episode", () => {
    judged(
      drills(7, drillStory([...APPLIED, "rollingBack", "unsure", "foundApplied", "rollingBack", "rolledBack"])),
      {},
    );
  });

  test("W24 a drill that recovers to rolled back before the cutoff succeeded", () => {
    const turns: readonly (Act | Turn)[] = [
      ...APPLIED,
      "rollingBack",
      "unsure",
      { do: "foundRolledBack", at: later(WINDOW_END, 5 * MINUTE_MS) },
    ];

    judged(drills(7, drillStory(turns)), {});
  });

  test("W25 a drill that nobody saw end did not succeed", () => {
    judged(drills(7, drillStory([...APPLIED, "rollingBack"])), { metrics: { "S-SLO-2": "11/12 FAIL" }, items: "4" });
  });

  test("W26 a drill that was begun a millisecond before the window is not of it", () => {
    const turns: readonly (Act | Turn)[] = [
      ...APPLIED,
      { do: "rollingBack", at: later(WINDOW_START, -1) },
      "rolledBack",
    ];

    judged(drills(8, drillStory(turns, later(WINDOW_START, -HOUR_MS))), {});
  });

  const begunAt = (at: typeof WINDOW_START) =>
    drills(8, drillStory(timed(ROLLED_BACK, "rollingBack", at), later(WINDOW_START, -HOUR_MS)));

  test("W27 a drill that was begun exactly at the window's start is of it", () => {
    judged(begunAt(WINDOW_START), { metrics: { "S-SLO-2": "13/13 PASS" } });
  });

  test("W28 a drill of the window's last millisecond is of it, one exactly at its end is not", () => {
    judged(begunAt(later(WINDOW_END, -1)), { metrics: { "S-SLO-2": "13/13 PASS" } });
    judged(begunAt(WINDOW_END), {});
  });

  const extra = (rollback: JsonObject) => drills(8, lightStory("extra", ROLLED_BACK, { rollback }));

  test("W29 a drill without its id breaks the evidence and is not counted", () => {
    judged(extra({ drillId: null }), {
      metrics: { "L-SLO-4": "31/31 PASS", "S-SLO-1": "55/55 PASS" },
      items: "6",
      rules: ["IF-1"],
    });
  });

  test("W30 a rollback that the sandbox reports as failed fails, though its transaction says otherwise", () => {
    const failed = capability("failed-rollback", {
      kind: "capability_audit",
      eventName: "capability.rollback.failed",
      attempt: ["partial-001", 1],
      tags: fixture("partial-001", "rolled_back_expected"),
    });

    judged(added(failed), { metrics: { "S-SLO-2": "12/12 FAIL" }, items: "4" });
  });

  test("W31 nine rollbacks are too few", () => {
    const { floors } = judged(drills(5, ...times(3, plainAttempt)), { metrics: { "S-SLO-2": "9/9 PASS" }, items: "1" });

    expect(floors.find(({ id }) => id === "rollback_episodes")).toMatchObject({ actual: 9, status: "FAIL" });
  });

  test("W32 two rollbacks after a partial apply are too few", () => {
    const bundle = changed({ drills: times(10, drill).flat(), partials: times(2, partial).flat(), cases: fewer(2) });
    const { floors } = judged(bundle, {
      metrics: { "L-SLO-4": "32/32 PASS", "S-SLO-1": "54/54 PASS" },
      items: "1",
    });

    expect(floors.find(({ id }) => id === "rollback_partial_apply")).toMatchObject({ actual: 2, status: "FAIL" });
  });

  test("W33 where nothing was rolled back nothing is known of it, and too little happened", () => {
    judged(changed({ drills: times(8, plainAttempt).flat(), partials: [], cases: fewer(0) }), {
      metrics: { "S-SLO-2": "0/0 UNKNOWN", "S-SLO-1": "50/50 PASS" },
      items: "1, 4 UNKNOWN",
    });
  });

  test("W44 a rollback that a person asked for is not in the ratio", () => {
    judged(extra({ eventClass: "operator_request", drillId: null }), {
      metrics: { "L-SLO-4": "31/31 PASS", "S-SLO-1": "55/55 PASS" },
    });
  });

  test("W45 a rollback without a class breaks the evidence", () => {
    judged(extra({ eventClass: null, drillId: null }), {
      metrics: { "L-SLO-4": "31/31 PASS", "S-SLO-1": "55/55 PASS" },
      items: "6",
      rules: ["IF-1"],
    });
  });

  test("W46 an attempt of two channels breaks the evidence and counts nowhere", () => {
    const [first, ...rest] = drill(7);
    const divided = retagged(first ?? {}, fixture("valid-001", "rolled_back_expected"));

    judged(drills(7, [divided, ...rest]), {
      metrics: { "L-SLO-4": "29/29 PASS", "S-SLO-1": "53/53 PASS", "S-SLO-2": "11/11 PASS" },
      items: "6",
      rules: ["IF-2"],
    });
  });
});

/** An attempt as drills make it, that is not rolled back. */
const plainAttempt = (index: number): readonly JsonObject[] =>
  lightStory(numbered("plain-", index), APPLIED, { at: minute(270 + index) });

/** The declared cases, with so many of partial applies. */
const fewer = (count: number): Bundle["cases"] =>
  Object.fromEntries(
    Object.entries(B0.cases).filter(
      ([name]) => !name.startsWith("partial-") || name <= numbered("partial-", count - 1),
    ),
  );

describe("violations", () => {
  const violated = { metrics: { "S-SLO-3": "1 FAIL" }, items: "4" };

  test("W34 one violation in production is NO-GO", () => {
    judged(added(capability("v1")), violated);
  });

  test("W35 a violation that a fixture did not expect is NO-GO, and breaks the evidence", () => {
    judged(added(capability("v1", { tags: fixture("valid-001", "rolled_back_expected") })), {
      metrics: { "S-SLO-3": "0 FAIL" },
      items: "4, 6",
      rules: ["IF-1"],
    });
  });

  test("W36 a violation without a channel is NO-GO, and breaks the evidence", () => {
    judged(added(capability("v1", { tags: { evidenceChannel: null } })), {
      metrics: { "S-SLO-3": "0 FAIL" },
      items: "4, 6",
      rules: ["IF-1"],
    });
  });

  test("W37 a violation after the window and before the decision counts", () => {
    judged(added(capability("v1", { at: later(WINDOW_END, 30 * MINUTE_MS) })), violated);
  });

  test("W38 seventeen refusals of what was not granted are no violations", () => {
    const denials = times(17, (index) =>
      capability(numbered("denied-", index), { reason: "capability-not-granted", kind: "capability_audit" }),
    );

    judged(added(...denials), {});
  });

  test("W39 a case that expects a violation which nobody saw breaks the evidence", () => {
    judged(declaring({ unseen: ["policy_violation_expected"] }, []), { items: "6", rules: ["IF-8"] });
  });

  test("W51 what fails is reported whole: one miss hides no other", () => {
    const reports = [...web(19), adaptation(lastOf("web-"), { deterministic: false }), ...others("tablet", "mobile")];

    judged(changed({ reports, others: [...B0.others, capability("v1")] }), {
      metrics: { "L-KPI-1": "59/60 FAIL", "S-SLO-3": "1 FAIL" },
      items: "2, 4",
    });
  });
});

describe("sources and evaluation", () => {
  const gapOf = (source: string): Bundle => ({
    ...bundleOf(B0),
    gaps: { [source]: [minute(60), later(minute(60), 3 * HOUR_MS)] },
  });

  test("W42 where the sandbox was not heard for three hours, what needs it is unknown", () => {
    judged(gapOf("T254"), {
      metrics: { "S-SLO-1": "54/54 UNKNOWN", "S-SLO-2": "12/12 UNKNOWN", "S-SLO-3": "0 UNKNOWN" },
      items: "4 UNKNOWN, 6",
    });
  });

  test("W43 where the console was not heard for three hours, the ends of attempts are unknown", () => {
    judged(gapOf("T257"), {
      metrics: { "L-SLO-4": "30/30 UNKNOWN", "H-SLO-4": "24/24 UNKNOWN" },
      items: "2 UNKNOWN, 3 UNKNOWN, 6",
    });
  });

  test("W48 a row that is delivered twice is one row", () => {
    const [row] = B0.reports;
    const { reportHash } = judged(bundleOf(B0), {});

    expect(judged(added({ ...row }), {}).reportHash).toBe(reportHash);
  });

  test("W49 a second evaluation that came to something else is NO-GO", () => {
    judged(bundleOf(B0), { items: "6" }, false);
  });
});
