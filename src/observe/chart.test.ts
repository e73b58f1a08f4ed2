import { describe, expect, test } from "vitest";
import type { StoredEvent } from "../ledger/index.ts";
import { type ChartAsked, newChart } from "./chart.ts";
import { EVERYTHING } from "./diagnosis-input.ts";
import { asked, at, decided, failed, ownEvents, START, started, stream, succeeded } from "./testing/recorded.ts";
import { transitionsOf } from "./transitions.ts";

/** The rows of what was recorded, as seen so long after the run began. */
function chartOf(stored: readonly StoredEvent[], nowMs: number, asked: Partial<ChartAsked> = {}) {
  const chart = newChart({ filter: EVERYTHING, dotMs: 0, ...asked });
  for (const transition of transitionsOf(ownEvents(stored))) chart.see(transition);
  return chart.rowsAt(at(nowMs));
}

/** Each bar as `kind from-to`, in milliseconds of the run. */
const drawn = (stored: readonly StoredEvent[], nowMs: number) =>
  chartOf(stored, nowMs).map(({ step, bars }) => [
    step,
    ...bars.map(({ kind, from, to, code }) =>
      [kind, `${from - START}-${to === null ? "" : to - START}`, code].filter((part) => part !== null).join(" "),
    ),
  ]);

describe("a run over time", () => {
  test("a step works from the moment at which its lane came to it", () => {
    const events = stream(started, succeeded(200, "fetch", "pay"), succeeded(500, "pay", null));

    expect(drawn(events, 900)).toEqual([
      ["fetch", "working 0-200"],
      ["pay", "working 200-500"],
    ]);
  });

  test("a pause ends when the next attempt begins, though no event says so", () => {
    const events = stream(started, failed(100, "fetch", 1_000), succeeded(1_500, "fetch", null, 2));

    expect(drawn(events, 2_000)).toEqual([
      ["fetch", "working 0-100 TOOL_TIMEOUT", "retrying 100-1000", "working 1000-1500"],
    ]);
    expect(drawn(events.slice(0, 2), 600)).toEqual([["fetch", "working 0-100 TOOL_TIMEOUT", "retrying 100-"]]);
    expect(drawn(events.slice(0, 2), 1_200)).toEqual([
      ["fetch", "working 0-100 TOOL_TIMEOUT", "retrying 100-1000", "working 1000-"],
    ]);
  });

  test("a wait for a person is a bar of its own, and a denial ends it badly", () => {
    const waiting = stream(started, asked(100, "fetch"));
    const denied = stream(started, asked(100, "fetch"), decided(5_000, "fetch", "HITL_DENIED"));

    expect(drawn(waiting, 900)).toEqual([["fetch", "working 0-100", "approval 100-"]]);
    expect(drawn(denied, 9_000)[0]).toContain("approval 100-5000 HITL_DENIED");
    const [row] = chartOf(denied, 9_000);
    expect(row?.bars.find(({ kind }) => kind === "approval")?.severity).toBe("warning");
  });

  test("events of others in the stream change nothing", () => {
    const strange = { ms: 150, type: "note.made", payload: { x: 1 } } as const;

    expect(drawn(stream(started, strange, succeeded(200, "fetch", null)), 900)).toEqual([["fetch", "working 0-200"]]);
  });

  test("a reader sees the steps, kinds, severities and times asked for", () => {
    const events = stream(
      started,
      failed(100, "fetch", 1_000),
      succeeded(1_500, "fetch", "pay", 2),
      asked(1_600, "pay"),
    );
    const seen = (filter: Partial<typeof EVERYTHING>) =>
      chartOf(events, 2_000, { filter: { ...EVERYTHING, ...filter } }).map(
        ({ step, bars }) => `${step} ${bars.length}`,
      );

    expect(seen({})).toEqual(["fetch 3", "pay 2"]);
    expect(seen({ step: "pay" })).toEqual(["pay 2"]);
    expect(seen({ category: "APPROVAL" })).toEqual(["pay 1"]);
    expect(seen({ severity: "WARN" })).toEqual(["fetch 1"]);
    expect(seen({ since: at(1_550) })).toEqual(["pay 2"]);
    expect(seen({ until: at(100) })).toEqual(["fetch 1"]);
  });

  test("of a picture's bars only those that are asked for are gathered, row by row", () => {
    const tries = (step: string, from: number, count: number) =>
      Array.from({ length: count }, (_, n) => {
        const event = failed(from + n, step, from + n);
        return { ...event, payload: { ...Object(event.payload), attempt: n + 1 } };
      });
    const events = stream(
      started,
      ...tries("fetch", 1, 50),
      succeeded(51, "fetch", "pay", 51),
      ...tries("pay", 52, 49),
    );
    const told = (filter: Partial<typeof EVERYTHING>) =>
      chartOf(events, 200, { filter: { ...EVERYTHING, ...filter }, dotMs: 20 }).map(({ step, bars }) => [
        step,
        ...bars.map(({ code, times }) => `${code} ${times}`),
      ]);

    expect(told({ severity: "WARN" })).toEqual([
      ["fetch", "TOOL_TIMEOUT 50"],
      ["pay", "TOOL_TIMEOUT 49"],
    ]);
    expect(told({ severity: "WARN", until: at(10) })).toEqual([["fetch", "TOOL_TIMEOUT 10"]]);
  });
});
