import { describe, expect, test } from "vitest";
import type { StoredEvent } from "../ledger/index.ts";
import { chartOf, wantedRows } from "./chart.ts";
import { EVERYTHING } from "./diagnosis-input.ts";
import { asked, at, decided, failed, ownEvents, START, started, stream, succeeded } from "./testing/recorded.ts";
import { transitionsOf } from "./transitions.ts";

const transitionsIn = (stored: readonly StoredEvent[]) => transitionsOf(ownEvents(stored));

/** Each bar as `kind from-to`, in milliseconds of the run. */
const drawn = (stored: readonly StoredEvent[], nowMs: number) =>
  chartOf(transitionsIn(stored), at(nowMs)).map(({ step, bars }) => [
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
    const [row] = chartOf(transitionsIn(denied), at(9_000));
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
    const rows = chartOf(transitionsIn(events), at(2_000));
    const seen = (filter: Partial<typeof EVERYTHING>) =>
      wantedRows(rows, { ...EVERYTHING, ...filter }).map(({ step, bars }) => `${step} ${bars.length}`);

    expect(seen({})).toEqual(["fetch 3", "pay 2"]);
    expect(seen({ step: "pay" })).toEqual(["pay 2"]);
    expect(seen({ category: "APPROVAL" })).toEqual(["pay 1"]);
    expect(seen({ severity: "WARN" })).toEqual(["fetch 1"]);
    expect(seen({ since: at(1_550) })).toEqual(["pay 2"]);
    expect(seen({ until: at(100) })).toEqual(["fetch 1"]);
  });
});
