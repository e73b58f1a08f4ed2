import * as fc from "fast-check";
import { expect, test } from "vitest";
import { formatInstant, instant, parseInstant } from "./instant.ts";

test.each([
  ["2026-01-30T10:00:00Z", 1_769_767_200_000],
  ["2026-01-30t11:00:00+01:00", 1_769_767_200_000],
  ["2026-01-30T10:00:00.1239z", 1_769_767_200_123],
  ["2024-02-29T00:00:00Z", 1_709_164_800_000],
  ["2024-02-29T00:00:00.000Z", 1_709_164_800_000],
  ["2026-11-30T00:00:00.000Z", 1_795_996_800_000],
  ["2026-12-31T23:59:59.999Z", 1_798_761_599_999],
])("%s is the instant %i", (text, epochMs) => {
  expect(parseInstant(text)).toBe(epochMs);
});

test.each([
  "",
  "2026-01-30",
  "2026-01-30 10:00:00Z",
  "2026-01-30T10:00:00",
  "2026-02-29T00:00:00Z",
  "2026-04-31T00:00:00Z",
  "2026-00-10T00:00:00Z",
  "2026-13-01T00:00:00Z",
  "2026-13-01T00:00:00.000Z",
  "2026-02-29T00:00:00.000Z",
  "2026-11-31T00:00:00.000Z",
  "2026-12-32T00:00:00.000Z",
  "2026-01-30T24:00:00.000Z",
  "2026-01-20T10:60:00.000Z",
  "2026-01-20T10:00:0 .000Z",
  "2026-01-20T10:00:00.0:0Z",
  "2026-01-20T10:00:00.-01Z",
  "2026-01-00T00:00:00Z",
  "2026-01-30T24:00:00Z",
  "2026-01-30T10:60:00Z",
  "2026-01-30T10:00:60Z",
  "2026-01-30T10:00:00+25:00",
])("%j is no date-time", (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test("an instant survives being written and read", () =>
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_102_444_800_000 }), (epochMs) => {
      expect(parseInstant(formatInstant(instant(epochMs)))).toBe(epochMs);
    }),
  ));

test("text as it is written is the same instant as in any other spelling", () =>
  fc.assert(
    fc.property(fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }), (epochMs) => {
      const text = new Date(epochMs).toISOString();

      expect([parseInstant(text), parseInstant(text.replace("Z", "+00:00"))]).toEqual([epochMs, epochMs]);
    }),
  ));
