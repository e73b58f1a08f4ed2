import { describe, expect, test } from "vitest";
import type { Finding } from "../ledger/index.ts";
import { scannerNotes } from "./note.ts";

const CALL = { tool: "look", stepId: "ask", attempt: 2 };

const email = (field_path: string): Finding => ({ kind: "EMAIL", detector: "email", field_path, alert: "P2" });
const card = (field_path: string): Finding => ({ kind: "CARD", detector: "luhn", field_path, alert: "P1" });

describe("what the scanners found in a call", () => {
  test("P1-T-RK08a P1-T-RK08b the gravest is told first: what rejected the write is an error, what was masked a warning", () => {
    const notes = scannerNotes(CALL, [
      { part: "input", findings: [email("$.to")] },
      { part: "output", findings: [card("$.text")] },
    ]);

    expect(notes).toEqual([
      {
        type: "scanner.detected",
        step: "ask",
        severity: "error",
        payload: {
          tool: "look",
          attempt: 2,
          part: "output",
          kind: "CARD",
          detector: "luhn",
          field_path: "$.text",
          alert: "P1",
          hits: 1,
        },
      },
      expect.objectContaining({
        severity: "warning",
        payload: expect.objectContaining({ part: "input", alert: "P2" }),
      }),
    ]);
  });

  test("a list of addresses is one note, by the path that mends it", () => {
    const findings = Array.from({ length: 100 }, (_, index) => email(`$.items[${index}].to`));

    expect(scannerNotes(CALL, [{ part: "output", findings }])).toMatchObject([
      { payload: { field_path: "$.items[*].to", hits: 100 } },
    ]);
  });

  test("the same place of input and output is two", () => {
    const findings = [email("$.to")];

    const notes = scannerNotes(CALL, [
      { part: "input", findings },
      { part: "output", findings },
    ]);

    expect(notes.map(({ payload }) => payload)).toMatchObject([{ part: "input" }, { part: "output" }]);
  });

  test("there are at most twenty, and the grave ones among them", () => {
    const findings = [...Array.from({ length: 30 }, (_, index) => email(`$.to_${index}`)), card("$.card")];

    const notes = scannerNotes(CALL, [{ part: "output", findings }]);

    expect(notes).toHaveLength(20);
    expect(notes[0]?.payload).toMatchObject({ field_path: "$.card" });
  });

  test("where nothing was found there is none", () => {
    expect(scannerNotes(CALL, [{ part: "output", findings: [] }])).toEqual([]);
  });
});
