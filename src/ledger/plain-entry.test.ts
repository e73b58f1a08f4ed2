import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalText, type EventEntry } from "../contracts/index.ts";
import { plainEntryText } from "./plain-entry.ts";

const TEXT = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "null", "7", 'x"', "\\", "\n", "\u007f", "é", "🔒", '","at":"', '"},{"', '"actor":'),
);
const MAYBE = fc.option(TEXT);
const ENTRY = fc.record({
  event_id: TEXT,
  tenant: TEXT,
  stream: TEXT,
  seq: fc.maxSafeNat(),
  type: TEXT,
  at: TEXT,
  recorded_at: TEXT,
  correlation: TEXT,
  causation: MAYBE,
  actor: TEXT,
  channel: fc.constantFrom("prod_traffic", "controlled_fixture", "ci"),
  epoch: fc.maxSafeNat(),
  step: MAYBE,
  severity: fc.constantFrom("info", "warning", "error"),
  dedup_key: MAYBE,
  payload_sha256: TEXT,
  prev_hash: TEXT,
});

const isEscaped = (entry: EventEntry) =>
  Object.values(entry).some((value) => /[\ud800-\udfff]/.test(value) || JSON.stringify(`${value}`) !== `"${value}"`);

test("the plain text of an entry is its canonical text, and there is one unless JSON escapes something in it", () =>
  fc.assert(
    fc.property(ENTRY, (entry) => {
      const text = plainEntryText(entry);

      const isLong = Math.max(entry.seq, entry.epoch) >= 1e15;
      expect(text).toBe(isEscaped(entry) || isLong ? undefined : canonicalText({ ...entry }));
    }),
    { numRuns: 300 },
  ));
