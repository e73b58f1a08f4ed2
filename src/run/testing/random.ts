import fc from "fast-check";
import type { CompensationAsk } from "../advance.ts";
import type { CompiledWorkflow } from "../compiled.ts";
import type { ParallelStep, RetryPolicy, StepDefinition, WaitStep } from "../definition.ts";
import { phasesOf } from "../lane.ts";
import type { Driver } from "./driver.ts";
import { reserving, tool, workflowOf } from "./pack.ts";

const RETRY: RetryPolicy = {
  max_attempts: 2,
  base_delay_seconds: 1,
  max_delay_seconds: 10,
  backoff_multiplier: 2,
  jitter: true,
  retryable_errors: ["AGAIN"],
};

type Link = (id: string, next: string | null) => readonly StepDefinition[];

const to = (next: string | null) => (next === null ? {} : { next_step: next });

const call: fc.Arbitrary<Link> = fc
  .record({
    reads: fc.boolean(),
    retried: fc.boolean(),
    handled: fc.boolean(),
    compensate: fc.boolean(),
    order: fc.nat(3),
  })
  .map(({ reads, retried, handled, compensate, order }) => (id, next) => {
    const edges = { ...to(next), ...(handled ? { on_failure: "handler" } : {}), ...(compensate ? {} : { compensate }) };
    const rest = { ...edges, ...(retried ? { retry_policy: RETRY } : {}) };
    return [reads ? tool(id, rest) : reserving(id, order, rest, { max_attempts: 2 })];
  });

const branch: fc.Arbitrary<Link> = fc
  .constantFrom("true", "false", "$.trigger.n > 3")
  .map((condition) => (id, next) => [{ id, type: "BRANCH", condition, if_true: next, if_false: null }]);

const WAITS: readonly WaitStep["wait_for"][] = [
  { type: "TIMER", duration_seconds: 5 },
  { type: "MANUAL" },
  { type: "WEBHOOK", event_type: "paid" },
  { type: "POLL", poll_tool: "look", poll_interval_seconds: 2, poll_condition: "$.poll.n > 3" },
];

const wait: fc.Arbitrary<Link> = fc
  .constantFrom(...WAITS)
  .map((wait_for) => (id, next) => [{ id, type: "WAIT", wait_for, wait_timeout_seconds: 20, ...to(next) }]);

const simple = fc.oneof({ weight: 4, arbitrary: call }, branch, wait);

const chain = (links: readonly Link[], prefix: string, next: string | null): readonly StepDefinition[] =>
  links.flatMap((link, index) => link(`${prefix}${index}`, index + 1 < links.length ? `${prefix}${index + 1}` : next));

const parallel: fc.Arbitrary<Link> = fc
  .record({
    lanes: fc.array(fc.array(simple, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 3 }),
    join_policy: fc.constantFrom<NonNullable<ParallelStep["join_policy"]>>("ALL", "ANY", "N_OF_M"),
    async_failure_policy: fc.constantFrom<NonNullable<ParallelStep["async_failure_policy"]>>(
      "IGNORE",
      "COMPENSATE_ALL",
      "COMPENSATE_FAILED",
    ),
    strategy: fc.constantFrom<NonNullable<ParallelStep["parallel_compensation_strategy"]>>(
      "COMPENSATE_SUCCEEDED",
      "REVERSE_ALL",
      "MANUAL",
    ),
  })
  .map(({ lanes, join_policy, async_failure_policy, strategy }) => (id, next) => [
    {
      id,
      type: "PARALLEL",
      parallel_steps: lanes.map((_, index) => `${id}_${index}_0`),
      join_policy,
      async_failure_policy,
      parallel_compensation_strategy: strategy,
      ...(join_policy === "N_OF_M" ? { join_n: 2 } : {}),
      ...to(next),
    },
    ...lanes.flatMap((links, index) => chain(links, `${id}_${index}_`, null)),
  ]);

/** Workflows of every kind of step, up to three lanes wide, with a handler that some failures lead to. */
export const workflows: fc.Arbitrary<CompiledWorkflow> = fc
  .array(fc.oneof({ weight: 2, arbitrary: simple }, parallel), { minLength: 1, maxLength: 4 })
  .map((links) =>
    workflowOf([...chain(links, "s", null), tool("handler")], {
      allowed_failure_modes: ["NO"],
      pass_criteria: "$.trigger.n != 9",
      timeout_seconds: 60,
    }),
  );

/** What the world does next, as numbers that `play` reads. */
export const deeds = fc.array(fc.record({ what: fc.nat(15), which: fc.nat(7), n: fc.nat(9) }), { maxLength: 60 });

export interface Deed {
  readonly what: number;
  readonly which: number;
  readonly n: number;
}

/** Does one deed to a run: settles a call, decides for a person, lets time pass, crashes. */
export function play(run: Driver, { what, which, n }: Deed): void {
  const name = run.calls[which % Math.max(run.calls.length, 1)];
  const { lanes } = run.state;
  const approval = phasesOf(run.state).find(({ kind }) => kind === "approval");
  const unknown = Object.values(lanes).find(({ phase }) => phase.kind === "unknown");
  const by = "alice";
  if (what === 0) run.crash();
  else if (what === 1) run.wait(n * 700);
  else if (what === 2)
    run.tell({ kind: "signal", signal_id: `s${which}`, event_type: "paid", entity_id: null, payload: n });
  else if (what === 3) run.send({ kind: "resume", lane: "main", by, payload: { n } });
  else if (what === 4 && which === 0) run.tell({ kind: "cancel", by, reason: "" });
  else if (approval?.kind === "approval") decideFor(run, approval.approval_id, n);
  else if (run.last.ask !== null) askFor(run, run.last.ask, n);
  else if (unknown !== undefined && what < 8) settleUnknown(run, unknown.id, n);
  else if (name !== undefined) answer(run, name, what, n);
  else run.wait(1000 * (n + 1));
}

function answer(run: Driver, name: string, what: number, n: number): void {
  const polls = run.call(name).purpose === "poll";
  if (what === 5) run.fail(name, "NO");
  else if (what === 6) run.fail(name, "AGAIN", n > 5 ? { retryAfterMs: 4000 } : {});
  else if (what === 7 && !polls) run.fail(name, "TOOL_TIMEOUT", { effect: "unknown" });
  else if (what === 8) run.refuse(name, n === 0 ? "LOOP_DETECTED" : "PERMISSION_DENIED");
  else if (what === 9 && !polls) run.askApproval(name, `A${run.events.length}`, 5000);
  else run.succeed(name, { id: name, n });
}

function decideFor(run: Driver, approval_id: string, n: number): void {
  const decision = (["approved", "denied", "timed_out", "voided"] as const)[n] ?? "approved";
  run.send({ kind: "approval_decided", approval_id, decision, by: "alice" });
}

/** Asks, and every other time the decision comes at once; otherwise others go on while it is out. */
function askFor(run: Driver, ask: CompensationAsk, n: number): void {
  const approval_id = `M${run.events.length}`;
  const { step, attempt } = ask.kind === "COMPENSATION_FAILED" ? ask.call : { step: ask.plan[0] ?? "", attempt: 1 };
  run.send({ kind: "approval_requested", lane: "compensation", step, attempt, approval_id, timeout_at: run.now });
  if (n % 2 === 1) decideFor(run, approval_id, n);
}

function settleUnknown(run: Driver, lane: string, n: number): void {
  const found = { kind: "effect_resolved", lane, by: "alice" } as const;
  run.send(n > 4 ? { ...found, applied: true, output: { n }, receipt_id: "found" } : { ...found, applied: false });
}
