import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallMark } from "./call.ts";
import type { LoopSettings } from "./contract.ts";
import { loopClosedBy } from "./loop.ts";

const DEFAULTS: LoopSettings = { window: 20, max_sequence_length: 5, repeat_threshold: 3, per_tool: {} };

/** `A` is a call of tool A; `Ax` and `Ay` are calls of A with different parameters. */
const marks = (text: string): CallMark[] =>
  text.split(" ").map((word) => ({ tool: word.charAt(0), version: "1.0.0", fingerprint: word }));

/** The number of the first call that would close a loop, or undefined. */
function detectedAt(text: string, settings: LoopSettings = DEFAULTS): number | undefined {
  const calls = marks(text);
  const index = calls.findIndex((call, at) => loopClosedBy(call, calls.slice(0, at), settings) !== undefined);
  return index < 0 ? undefined : index + 1;
}

// Examples: commerce-kernel.md 7.3.
describe("loop detector", () => {
  test("P1-T08 the same call three times is detected on the third", () => {
    expect(detectedAt("A A A")).toBe(3);
  });

  test("P1-T08 a pair three times is detected on its last call, with the pair as evidence", () => {
    const calls = marks("A B A B A B");

    expect(detectedAt("A B A B A B")).toBe(6);
    expect(loopClosedBy(calls[5] ?? { tool: "", version: "", fingerprint: "" }, calls.slice(0, 5), DEFAULTS)).toEqual({
      sequence: marks("A B"),
      repeats: 3,
    });
  });

  test.each(["Ax Ay Az", "A B A C A D", "A A B A A B A A"])("%s is no loop", (text) => {
    expect(detectedAt(text)).toBeUndefined();
  });

  test("a sequence longer than the limit, or older than the window, is no loop", () => {
    const long = "A B C D E F ";

    expect(detectedAt(`${long}${long}${long}`.trim())).toBeUndefined();
    expect(detectedAt("A B C D E A B C D E A B C D E", { ...DEFAULTS, window: 14 })).toBeUndefined();
    expect(detectedAt("A B C D E A B C D E A B C D E", { ...DEFAULTS, window: 15 })).toBe(15);
  });

  test("a tool's own threshold holds for it and does not hide its neighbour's loop", () => {
    const patient = { ...DEFAULTS, per_tool: { A: 5 } };

    expect(detectedAt("A A A A A", patient)).toBe(5);
    expect(detectedAt("A B A B A B", patient)).toBe(6);
  });

  test("a tool named `constructor` is stopped in a loop as soon as any other", () => {
    expect(detectedAt("constructor constructor constructor")).toBe(3);
  });

  test("a call that never occurred before closes no loop", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 30 }), (words) => {
        const recent = words.length === 0 ? [] : marks(words.join(" "));
        expect(loopClosedBy({ tool: "N", version: "1.0.0", fingerprint: "new" }, recent, DEFAULTS)).toBeUndefined();
      }),
    );
  });

  test("any sequence repeated three times is found, wherever the run was before", () => {
    const word = fc.constantFrom("A", "B", "C", "D");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 5 }), fc.array(word, { minLength: 1, maxLength: 5 }), (before, loop) => {
        expect(detectedAt([...before, ...loop, ...loop, ...loop].join(" "))).toBeDefined();
      }),
    );
  });
});
