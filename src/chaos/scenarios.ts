import { CRASH_POINTS, type CrashPoint } from "../worker/index.ts";
import type { AssertionId } from "./assertions.ts";
import type { Fault, Moment } from "./fault-plan.ts";
import type { Scenario } from "./scenario.ts";

/** Statements of the workers in a history of one run, from the first claim to the last commit. */
const STATEMENTS = 24;

const MINUTE_MS = 60_000;

const crash = (statement: number, moment: Moment): Fault => ({ kind: "crash", statement, moment });
const pause = (statement: number, moment: Moment, ms: number): Fault => ({ kind: "pause", statement, moment, ms });
const clock = (statement: number, ms: number): Fault => ({ kind: "clock", statement, moment: "before", ms });
const outage = (statement: number): Fault => ({ kind: "database", statement, moment: "before" });

const several = (count: number, fault: (index: number) => Fault): readonly Fault[] =>
  Array.from({ length: count }, (_, index) => fault(index));

/** Where an owner dies of whose run something is left to do, and for how long the first successor sleeps before its intent. */
const RACED_POINTS: readonly CrashPoint[] = ["before_intent", "after_intent", "after_effect"];
const WINNER_SLEEPS_MS = [6_500, 8_000, 9_500];

function raceFaults(at: number): readonly Fault[] {
  const point = RACED_POINTS[(at - 1) % RACED_POINTS.length] ?? "before_intent";
  const ms = WINNER_SLEEPS_MS[Math.floor((at - 1) / RACED_POINTS.length)] ?? 0;
  return [
    { kind: "crash", point, nth: 1, race: true },
    { kind: "pause", point: "before_intent", nth: 2, ms },
  ];
}

/** What every history puts to the test, what a takeover does, and what an approval does. */
const ALWAYS: readonly AssertionId[] = [
  ...(["CONT-003", "CONT-004", "CONT-010", "CONT-011", "CONT-012", "CONT-013", "CONT-014", "CONT-015"] as const),
  ...(["CONT-016", "CONT-020"] as const),
];
const OF_TAKEOVERS: readonly AssertionId[] = [
  ...(["CONT-001", "CONT-002", "CONT-005", "CONT-006", "CONT-007", "CONT-008", "CONT-009"] as const),
  ...(["CONT-018", "CONT-019"] as const),
];

function assertionsOf({ mustShow, runs = [] }: Pick<Scenario, "mustShow"> & Partial<Scenario>): readonly AssertionId[] {
  const asks = runs.includes("pay") || runs.includes("fan");
  return [...ALWAYS, ...(mustShow.includes("takeovers") ? OF_TAKEOVERS : []), ...(asks ? ["CONT-017" as const] : [])];
}

const scenario = (
  id: string,
  title: string,
  rest: Omit<Scenario, "id" | "title" | "assertions" | "workers" | "runs" | "moments"> &
    Partial<Pick<Scenario, "workers" | "runs" | "moments">>,
): Scenario => ({
  id,
  title,
  assertions: assertionsOf(rest),
  workers: 2,
  runs: ["debit"],
  moments: STATEMENTS,
  ...rest,
});

/** The matrix: what may go wrong when one worker follows another, and what a long run must outlast. */
export const SCENARIOS: readonly Scenario[] = [
  scenario(
    "handoff-interrupted-after-takeover",
    "a worker dies right after any statement, and its successor right after it took over",
    {
      riskTags: ["handoff", "takeover"],
      faults: (at) => [crash(at, "after"), { kind: "crash", point: "after_takeover", nth: 1 }],
      mustShow: ["takeovers", "deaths"],
    },
  ),
  scenario("zombie-owner-write", "an owner is paused before any statement and writes after its successor took over", {
    riskTags: ["split_brain", "stale_lease"],
    faults: (at) => [pause(at, "before", 9_000)],
    mustShow: ["takeovers", "refused_writes"],
  }),
  scenario(
    "zombie-side-effect",
    "an owner is paused after any statement and would call a tool after its successor did",
    {
      riskTags: ["split_brain", "stale_lease"],
      faults: (at) => [pause(at, "after", 9_000)],
      mustShow: ["takeovers"],
    },
  ),
  scenario("dual-successor-race", "successors race for what a dead owner left, and the winner sleeps past its lease", {
    riskTags: ["split_brain", "takeover"],
    workers: 5,
    moments: RACED_POINTS.length * WINNER_SLEEPS_MS.length,
    faults: raceFaults,
    mustShow: ["takeovers", "lost_races", "refused_writes"],
  }),
  scenario("renew-vs-takeover-race", "an owner wakes within a second of the end of its lease", {
    riskTags: ["takeover", "stale_lease"],
    faults: (at) => [pause(at, "before", 5_500 + at * 50)],
    mustShow: ["takeovers"],
  }),
  scenario("clock-step-back", "a worker's clock is set back by ten minutes", {
    riskTags: ["clock"],
    moments: STATEMENTS / 2,
    faults: (at) => [clock(2 * at, -10 * MINUTE_MS)],
    mustShow: [],
  }),
  scenario("clock-step-forward", "a worker's clock is set forward by thirty minutes", {
    riskTags: ["clock"],
    moments: STATEMENTS / 2,
    faults: (at) => [clock(2 * at, 30 * MINUTE_MS)],
    mustShow: [],
  }),
  scenario("storage-unavailable-during-takeover", "an owner dies, and its successors lose the database ten times", {
    riskTags: ["storage", "takeover"],
    faults: (at) => [crash(at, "after"), ...several(10, (index) => outage(at + 1 + index))],
    mustShow: ["takeovers"],
  }),
  scenario("repeated-incidents", "three owners of one run die", {
    riskTags: ["rotation", "takeover"],
    runs: ["both"],
    faults: (at) => several(3, (index) => crash(at + index * 6, "after")),
    mustShow: ["takeovers"],
  }),
  scenario("approval-pending-takeover", "an owner dies before, while and after a person is asked", {
    riskTags: ["approval", "takeover"],
    runs: ["pay"],
    faults: (at) => [crash(at, "after")],
    mustShow: ["takeovers", "approvals"],
  }),
  scenario("soak-rotation-chain", "ten owners die one after another", {
    riskTags: ["rotation", "takeover"],
    runs: ["fan"],
    moments: 4,
    faults: (at) => several(10, (index) => crash(at + index * 7, "after")),
    mustShow: ["takeovers"],
  }),
  scenario("DS-01", "a run of several steps is killed after every boundary", {
    riskTags: ["rotation"],
    runs: ["both"],
    moments: STATEMENTS + 8,
    faults: (at) => [crash(at, "after")],
    mustShow: ["takeovers"],
  }),
  scenario("DS-02", "branches that are done when the owner dies are not made again, and are joined once", {
    riskTags: ["rotation"],
    runs: ["fan"],
    moments: STATEMENTS + 8,
    faults: (at) => [crash(at, "before")],
    mustShow: ["takeovers"],
  }),
  scenario("DS-05", "an event comes while no worker lives", {
    riskTags: ["takeover"],
    runs: ["ship"],
    workers: 1,
    faults: (at) => [crash(at, "after")],
    mustShow: ["deaths"],
  }),
  scenario("DS-07", "an owner dies between two attempts", {
    riskTags: ["takeover"],
    faults: (at) => [{ kind: "provider", request: 1, how: "unavailable" }, crash(at, "after")],
    mustShow: ["takeovers"],
  }),
  scenario("DS-08", "an owner dies before a call, after it, and after its record", {
    riskTags: ["takeover"],
    runs: ["wire"],
    moments: CRASH_POINTS.length,
    faults: (at) => CRASH_POINTS.slice(at - 1, at).map((point) => ({ kind: "crash", point, nth: 1 })),
    mustShow: ["takeovers"],
  }),
  scenario("DS-14", "the database is out of reach at any boundary", {
    riskTags: ["storage"],
    runs: ["both"],
    faults: (at) => several(6, (index) => outage(at + index)),
    mustShow: [],
  }),
  scenario("DS-15", "two workers recover the same run", {
    riskTags: ["split_brain"],
    workers: 3,
    runs: ["both"],
    faults: (at) => [pause(at, "after", 7_000), pause(at + 5, "before", 7_000)],
    mustShow: ["takeovers"],
  }),
];
