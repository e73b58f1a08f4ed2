import fc from "fast-check";
import pc from "picocolors";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../contracts/index.ts";
import { timeAxis } from "./time-axis.ts";
import { timelineLines } from "./timeline-lines.ts";

const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 2, 3, 0, 0) + seconds * 1_000).toISOString();

const bar = (kind: string, from: number, to: number | null, more: JsonObject = {}): JsonObject => ({
  kind,
  category: "STEP",
  from: at(from),
  to: to === null ? null : at(to),
  attempt: 1,
  severity: "info",
  code: null,
  ended_by: null,
  ...more,
});

const row = (step: string, ...bars: readonly JsonObject[]): JsonObject => ({ lane: "main", step, bars });

const run = (rows: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  run_id: "r",
  status: "RUNNING",
  why: "is at step `pay` (attempt 2)",
  workflow_id: "W",
  started_at: at(0),
  ended_at: null,
  generated_at: at(56),
  rows,
  marks: [],
  ...more,
});

const plain = (document: JsonObject): readonly string[] => timelineLines(document, pc.createColors(false));
const lineOf = (document: JsonObject, name: string): string =>
  plain(document).find((line) => line.startsWith(`  ${name} `)) ?? "";

describe("a run as a picture", () => {
  const failing = run([
    row("fetch", bar("working", 0, 14)),
    row(
      "pay",
      bar("working", 14, 28, { severity: "warning", code: "TOOL_TIMEOUT" }),
      bar("retrying", 28, 42),
      bar("working", 42, null),
    ),
  ]);

  test("each step has its bars at their place, told apart without colour, with times beside them", () => {
    expect(lineOf(failing, "fetch")).toBe(`  fetch  ${"█".repeat(14).padEnd(56)}  03:00:00  +0 ms  14 s`);
    expect(lineOf(failing, "pay")).toBe(
      `  pay    ${" ".repeat(14)}${"█".repeat(13)}✗${"·".repeat(14)}${"█".repeat(13)}▶  03:00:14  +14 s  42 s   TOOL_TIMEOUT`,
    );
  });

  test("its legend names what is in it and nothing else", () => {
    const legend = plain(failing).at(-1);

    expect(legend).toBe("  █ works   · pauses before it tries again   ✗ failed or was refused   ▶ goes on");
  });

  test("a takeover is marked above the steps and told of below, in UTC and from the start", () => {
    const taken = {
      occurred_at: at(28),
      category: "TAKEOVER",
      summary: "taken over: HEARTBEAT_STALE; adopted nothing, lost pay",
    };
    const lines = plain({ ...failing, marks: [taken] });

    expect(lines.find((line) => line.trim() === "▼")).toBe(`${" ".repeat(9 + 28)}▼`);
    expect(lines).toContain(
      "  ▼ 2026-01-02 03:00:28 UTC  +28 s  takeover  taken over: HEARTBEAT_STALE; adopted nothing, lost pay",
    );
  });

  test("what lasts long does not hide what was quick: the axis says that it is elastic", () => {
    const slow = run(
      [row("fetch", bar("working", 0, 1)), row("check", bar("working", 1, 2)), row("pay", bar("approval", 2, 86_400))],
      {
        generated_at: at(86_400),
      },
    );

    expect(lineOf(slow, "fetch")).toMatch(/█{3,}/);
    expect(lineOf(slow, "pay")).toMatch(/▒{20,}.*23 h 59 min/);
    expect(plain(slow).at(-1)).toContain("long stretches are drawn shorter than they were");
  });

  test("undoing and branches are named, long names are cut, and unknown kinds are drawn too", () => {
    const lines = plain(
      run([
        { lane: "compensation", step: "hold", bars: [bar("undoing", 0, 5)] },
        { lane: "left", step: "pack", bars: [bar("dancing", 5, 9)] },
        row("a".repeat(40), bar("waiting", 9, 56)),
      ]),
    );

    expect(lines.some((line) => /^ {2}undo hold +▞/.test(line))).toBe(true);
    expect(lines.some((line) => /^ {2}left\/pack +■/.test(line))).toBe(true);
    expect(lines.some((line) => line.startsWith(`  ${"a".repeat(23)}…  `))).toBe(true);
  });

  test("a run in which nothing happened yet says so", () => {
    expect(plain(run([]))).toContain("  nothing to see");
  });

  test("colour adds nothing but colour", () => {
    const coloured = timelineLines(failing, pc.createColors(true)).join("\n");

    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals begin with one
    expect(coloured.replaceAll(/\u001b\[\d+m/g, "")).toBe(plain(failing).join("\n"));
    expect(coloured).not.toBe(plain(failing).join("\n"));
  });
});

test("an axis keeps order, stays within its cells, and finds moments again", () => {
  const moments = fc.array(fc.integer({ min: 0, max: 100_000_000 }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(moments, (all) => {
      const sorted = all.toSorted((one, other) => one - other);
      const [from, to] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
      const spans = sorted.slice(1).map((end, index) => ({ from: sorted[index] ?? 0, to: end }));
      const axis = timeAxis({ from, to, cells: 56, spans, moments: [] });
      const cells = sorted.map(axis.cellOf);

      expect(cells).toEqual(cells.toSorted((one, other) => one - other));
      expect(cells.every((cell) => Number.isInteger(cell) && cell >= 0 && cell <= 56)).toBe(true);
      expect(axis.momentOf(0)).toBeCloseTo(from);
    }),
  );
});
