import { describe, expect, test } from "vitest";
import { instant } from "../contracts/index.ts";
import { AGO, AHEAD } from "./moment.ts";

const NOON = instant(Date.parse("2026-03-09T12:00:00Z"));

describe("an option that says when", () => {
  test.each([
    ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"],
    ["7d", "2026-03-02T12:00:00Z", "2026-03-16T12:00:00Z"],
    ["90min", "2026-03-09T10:30:00Z", "2026-03-09T13:30:00Z"],
  ])("%s is %s ago and %s ahead", (text, ago, ahead) => {
    expect(AGO.of(text, NOON)).toBe(Date.parse(ago));
    expect(AHEAD.of(text, NOON)).toBe(Date.parse(ahead));
    expect([AGO.problem(text), AHEAD.problem(text)]).toEqual([null, null]);
  });

  test.each(["yesterday", "", "7 d", "-7d", "2026-03-01", "2026-13-01T00:00:00Z"])("`%s` is none", (text) => {
    expect(AGO.problem(text)).toContain("7d for seven days ago");
    expect(AHEAD.problem(text)).toContain("7d for seven days from now");
  });
});
