import { expect, test } from "vitest";
import type { Json } from "../contracts/index.ts";
import { callsOf, newCalls } from "./calls.ts";
import { EVERYTHING } from "./diagnosis-input.ts";
import { at, decided, ownEvents, START, started, stream, succeeded } from "./testing/recorded.ts";

const called = (ms: number, step: string, call: Json) => {
  const event = succeeded(ms, step, null);
  return { ...event, payload: { ...Object(event.payload), call } };
};

const REFUND = {
  tool: "refund",
  outcome: "succeeded",
  purpose: "step",
  internal_key: "k",
  receipt_id: "r-1",
  started_at: new Date(START + 100).toISOString(),
  latency_ms: 40,
  authority: { passed: "parse permission approval", rules: { approval: "approved (hitl_required)" } },
};

test("an effect says which guards and rules let it through, and under which approval", () => {
  const [call] = callsOf(ownEvents(stream(started, decided(90, "refund", null), called(150, "refund", REFUND))));

  expect(call).toEqual({
    seq: 3,
    step: "refund",
    tool: "refund",
    purpose: "step",
    outcome: "succeeded",
    from: at(100),
    to: at(140),
    code: null,
    receipt_id: "r-1",
    authority: {
      passed: ["parse", "permission", "approval"],
      rules: [{ guard: "approval", rule: "approved (hitl_required)" }],
      approval_id: "ap-1",
    },
  });
});

test("a call that only reads names no authority, and an approval that was denied lets nothing through", () => {
  const read = { ...REFUND, internal_key: null };
  const free = { ...REFUND, authority: { passed: "parse", rules: {} } };
  const events = stream(
    started,
    called(150, "look", read),
    decided(160, "pay", "HITL_DENIED"),
    called(170, "pay", free),
  );

  expect(callsOf(ownEvents(events)).map(({ authority }) => authority)).toEqual([
    null,
    { passed: ["parse"], rules: [], approval_id: null },
  ]);
});

test("what was refused says which guard refused it", () => {
  const refused = {
    tool: "refund",
    outcome: "refused",
    purpose: "step",
    authority: { passed: "parse", rules: { permission: "no scope grants it" } },
  };
  const [call] = callsOf(ownEvents(stream(started, called(150, "refund", refused))));

  expect(call).toMatchObject({ outcome: "refused", from: at(150), to: at(150) });
  expect(call?.authority?.rules).toEqual([{ guard: "permission", rule: "no scope grants it" }]);
});

test("calls that a picture cannot tell apart are one; another outcome, another approval or another guard is another call", () => {
  const approved = (ms: number, approval_id: string) => {
    const event = decided(ms, "refund", null);
    return { ...event, payload: { ...Object(event.payload), approval_id } };
  };
  const refused = (guard: string) => ({
    ...REFUND,
    outcome: "refused",
    authority: { passed: "parse", rules: { [guard]: "no" } },
  });
  const events = ownEvents(
    stream(
      started,
      approved(90, "ap-1"),
      called(150, "refund", REFUND),
      called(151, "refund", REFUND),
      approved(152, "ap-2"),
      called(153, "refund", REFUND),
      called(154, "refund", { ...REFUND, internal_key: null }),
      called(155, "refund", refused("permission")),
      called(156, "refund", refused("permission")),
      called(157, "refund", refused("bounds")),
      called(158, "pay", { ...REFUND, outcome: "failed" }),
    ),
  );
  const told = (filter: Partial<typeof EVERYTHING>, dotMs: number) => {
    const calls = newCalls({ filter: { ...EVERYTHING, ...filter }, dotMs });
    for (const recorded of events) calls.see(recorded);
    return calls.shown();
  };

  expect(told({}, 1_000).map(({ seq, times }) => `${seq} ${times}`)).toEqual([
    "3 2",
    "6 1",
    "7 1",
    "8 2",
    "10 1",
    "11 1",
  ]);
  expect(told({ step: "pay" }, 1_000).map(({ seq }) => seq)).toEqual([11]);
  expect(told({ until: at(100) }, 1_000)).toEqual([]);
  expect(told({}, 0)).toEqual(callsOf(events).map((call) => ({ ...call, times: 1 })));
});
