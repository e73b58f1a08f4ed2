import { expect, test } from "vitest";
import type { StoredEvent } from "../ledger/index.ts";
import { newPath } from "./path.ts";
import { failed, ownEvents, started, stream, succeeded } from "./testing/recorded.ts";
import { transitionsOf } from "./transitions.ts";

function moves(stored: readonly StoredEvent[]) {
  const path = newPath();
  for (const transition of transitionsOf(ownEvents(stored))) path.see(transition);
  return path.moves().map(({ from, to, times }) => `${from ?? ""}>${to} ${times}`);
}

test("a run goes from step to step; another attempt at a step is no move", () => {
  const events = stream(
    started,
    failed(100, "fetch", 200),
    succeeded(300, "fetch", "pay", 2),
    succeeded(400, "pay", null),
  );

  expect(moves(events)).toEqual([">fetch 1", "fetch>pay 1"]);
});

test("branches begin at their parallel step, and what follows the join comes from it", () => {
  const both = { lane: "main", lanes: ["left", "right"] };
  const events = stream(
    started,
    succeeded(100, "fetch", "both"),
    { ms: 110, type: "parallel.started", step: "both", payload: both },
    { ms: 120, type: "parallel.joined", step: "both", payload: { lane: "main", next: "pay" } },
  );

  expect(moves(events)).toEqual([">fetch 1", "fetch>both 1", "both>left 1", "both>right 1", "both>pay 1"]);
});

test("what handles a failure comes from the step that failed", () => {
  const events = stream(
    started,
    failed(100, "fetch", null),
    {
      ms: 110,
      type: "run.failing",
      step: "fetch",
      payload: { code: "TOOL_TIMEOUT", message: "no", on_failure: "tell", rollback: false },
    },
    { ms: 120, type: "handling.started", payload: { next: "tell" } },
  );

  expect(moves(events)).toEqual([">fetch 1", "fetch>tell 1"]);
});
