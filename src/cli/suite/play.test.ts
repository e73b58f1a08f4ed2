import { expect, test } from "vitest";
import { assert, instant, type Json, ManualClock } from "../../contracts/index.ts";
import { flakeReports, type GoldenCase, registryAfter, suiteOutcome } from "../../release/index.ts";
import type { DemoClient } from "../demo/client.ts";
import { playCases } from "./play.ts";
import { GIFT } from "./testing/gift.ts";
import { NOTHING_SEEN, type SuiteWorld } from "./world.ts";

const CASE: GoldenCase = {
  ...GIFT,
  tier: "P1",
  tags: ["integration_internal", "pseudo_deterministic", "oracle_state_change", "sandbox_hardened"],
  runs: 2,
  start: { input: { order: "{tenant}_ord_1", cents: 5 } },
  vary: { "$.input.cents": [5, 6] },
};

const caseOf = (other: Partial<GoldenCase> = {}): GoldenCase => ({ ...CASE, ...other });

/** What a run says each time that it is looked at, the last of it again and again. */
type Script = readonly Json[];

const run = (status: string, approvals: readonly string[] = []) => ({
  status,
  code: null,
  document: {},
  approvals: approvals.map((one) => ({ status: one })),
});

/** A runtime by hand: the n-th run that is started plays the n-th script. */
function runtime(scripts: readonly Script[]) {
  const started: Json[] = [];
  const decided: string[] = [];
  const told: string[] = [];
  const looks = new Map<string, number>();
  const client = (principal: string): DemoClient => ({
    ...UNUSED,
    post: async (path, body) => {
      if (/(signal|resume)$/.test(path)) {
        told.push(`${path} ${JSON.stringify(body)}`);
        return JSON.stringify(body).includes("lost")
          ? { code: "REQUEST_INVALID", detail: "it waits for no such event" }
          : { run_id: "r1" };
      }
      started.push(body);
      return { run_id: `r${started.length}` };
    },
    get: async (path) => {
      if (path.includes("/events"))
        return { events: [{ payload: { call: { tool: "pay", input: {} } } }, { payload: {} }] };
      const id = path.slice(path.lastIndexOf("/") + 1);
      const look = looks.get(id) ?? 0;
      looks.set(id, look + 1);
      const script = scripts[Number(id.slice(1)) - 1] ?? [];
      return script[Math.min(look, script.length - 1)] ?? null;
    },
    decide: async (runId, decision) => {
      decided.push(`${principal} ${runId} ${decision}`);
      return {};
    },
  });
  return { started, decided, told, client };
}

const unused = async (): Promise<never> => assertUnused();
function assertUnused(): never {
  assert(false, "nobody asks for this");
}
const UNUSED = { untilRun: unused, untilRunEnds: unused, untilRest: unused, newestRun: unused, approvalOf: unused };

const WORLD: SuiteWorld = {
  tools: [],
  furnish: async () => undefined,
  arrange: async () => ({}),
  settled: async () => NOTHING_SEEN,
  close: async () => undefined,
};

async function play(scripts: readonly Script[], one: GoldenCase, isOver = () => false) {
  const { started, decided, told, client } = runtime(scripts);
  const clock = new ManualClock(instant(0));
  let tenants = 0;
  const stage = {
    clock: { now: () => clock.now(), wake: async () => void clock.advance(10) },
    world: WORLD,
    tell: () => undefined,
    isOver,
    tenant: async () => {
      tenants += 1;
      return {
        tenantId: `t${tenants}`,
        operator: async (name: string) => client(name),
        approver: async (name: string) => client(name),
      };
    },
  };
  return { attempts: await playCases(stage, { cases: [one], runs: null }), started, decided, told };
}

const GOOD: Script = [run("RUNNING"), run("SUCCEEDED")];
const BAD: Script = [run("FAILED_UNEXPECTED")];

test("each run starts in a tenant of its own, with the next input and its tenant's ids, and is followed to its end", async () => {
  const { attempts, started } = await play([GOOD, GOOD], caseOf());

  expect(started).toEqual([
    { workflow: "welcome", input: { order: "t1_ord_1", cents: 5 } },
    { workflow: "welcome", input: { order: "t2_ord_1", cents: 6 } },
  ]);
  expect(attempts).toMatchObject([
    { runId: "r1", differences: [], ms: 10 },
    { runId: "r2", differences: [] },
  ]);
});

test("P1-TR07 what fails and then passes on the same input is one flaky unit, and opens an entry", async () => {
  const { attempts } = await play([BAD, GOOD, GOOD], caseOf());
  const [failed, again, next] = attempts;

  expect(attempts.map(({ differences }) => differences.length)).toEqual([1, 0, 0]);
  expect(again?.inputDigest).toBe(failed?.inputDigest);
  expect(next?.inputDigest).not.toBe(failed?.inputDigest);
  const [registry, now] = [{ quarantined: [], known_flaky: [] }, instant(0)];
  const suite = {
    settings: { owner: "reception", world: "answers", profile: "whole", graphs: {} },
    cases: [caseOf()],
    registry,
  } as const;
  const reports = flakeReports(suiteOutcome(suite, attempts, { startedAt: now, finishedAt: now }));
  expect(registryAfter(registry, reports, { owner: "reception", now }).quarantined).toMatchObject([
    { test_id: "gift", quarantine_reason: "1 of 2 runs failed, and passed when tried again" },
  ]);
});

test("P1-TR07 a deterministic case has no second chance, a pseudo-deterministic one no third", async () => {
  const tags = [...CASE.tags].with(1, "deterministic");

  expect((await play([BAD, GOOD], caseOf({ tags, runs: 1 }))).attempts).toHaveLength(1);
  expect((await play([BAD, BAD, GOOD], caseOf({ runs: 1 }))).attempts).toHaveLength(2);
});

test("approvals are decided in their order, by whom the case names, each once that it is asked for", async () => {
  const asked: Script = [
    run("SUSPENDED_HITL", ["PENDING"]),
    run("SUSPENDED_HITL", ["APPROVED"]),
    run("SUSPENDED_HITL", ["APPROVED", "PENDING"]),
    run("SUCCEEDED"),
  ];
  const { attempts, decided } = await play(
    [asked],
    caseOf({
      runs: 1,
      approvals: [
        { decision: "APPROVE", by: "ada" },
        { decision: "DENY", by: "grace" },
      ],
    }),
  );

  expect(decided).toEqual(["ada r1 APPROVE", "grace r1 DENY"]);
  expect(attempts).toMatchObject([{ differences: [] }]);
});

const waiting = (step: string, events: number) => ({
  ...run("SUSPENDED_WAIT"),
  events,
  lanes: [{ phase: "waiting", step }],
});

test("a run that waits is told what its case says, one after the other, each once that it took up the last", async () => {
  const script: Script = [
    { ...run("RUNNING"), events: 1 },
    waiting("door", 2),
    waiting("door", 2),
    waiting("pause", 3),
    waiting("check", 4),
    { ...run("SUCCEEDED"), events: 6 },
  ];
  const signals = [
    { event_type: "parcel.delivered", entity_id: "{tenant}_ful_1", payload: { cents: "$.input.cents" } },
    { resume: "check", payload: { is_whole: true } },
  ];

  const { attempts, told } = await play([script], caseOf({ runs: 1, signals }));

  expect(attempts).toMatchObject([{ differences: [] }]);
  expect(told).toEqual([
    '/v1/runs/r1/signal {"event_type":"parcel.delivered","entity_id":"t1_ful_1","payload":{"cents":5}}',
    '/v1/runs/r1/resume {"payload":{"is_whole":true}}',
  ]);
});

test("what a run cannot be told, or does not wait for, and where it waits instead, are differences", async () => {
  const lost = caseOf({
    runs: 1,
    tags: [...CASE.tags].with(1, "deterministic"),
    within_seconds: 1,
    signals: [
      { event_type: "parcel.lost", payload: {} },
      { resume: "check", payload: {} },
    ],
    expect: { status: "SUSPENDED_WAIT", code: null, state: {}, waits_at: ["check"] },
  });

  const { attempts } = await play([[waiting("door", 2)]], lost);

  expect(attempts[0]?.differences).toEqual([
    "it waits at door, not check",
    "the signal was refused with REQUEST_INVALID: it waits for no such event",
    "it did not wait for 1 more signals",
  ]);
});

test("a run that does not come to its end in time is as it is then", async () => {
  const { attempts } = await play(
    [[run("RUNNING")]],
    caseOf({ runs: 1, tags: [...CASE.tags].with(1, "deterministic"), within_seconds: 1 }),
  );

  expect(attempts).toMatchObject([{ differences: ["status is RUNNING, not SUCCEEDED"], ms: 1_000 }]);
});

test("once it is over, no further run is started", async () => {
  expect((await play([GOOD], caseOf(), () => true)).attempts).toEqual([]);
});
