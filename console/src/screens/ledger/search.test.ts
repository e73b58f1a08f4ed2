import { expect, test } from "vitest";
import { pathWith } from "../../api/path.ts";
import { askedOf, ledgerSearch, sinceOf } from "./search.ts";

const NOW = Date.parse("2026-01-02T12:00:30Z");

test("a search of the ledger is read from its address, and what is none is left out", () => {
  expect(ledgerSearch({ tab: "receipts", status: "unknown", type: "" })).toMatchObject({
    tab: "receipts",
    status: "unknown",
    type: undefined,
  });
  expect(ledgerSearch({ tab: "nowhere" }).tab).toBeUndefined();
});

test("it asks from a minute on, so that the same search stays the same address for a while", () => {
  expect(sinceOf("hour", NOW)).toBe("2026-01-02T11:00:00.000Z");
  expect(sinceOf(undefined, NOW)).toBe("2026-01-01T12:00:00.000Z");
  expect(sinceOf("all", NOW)).toBe("1970-01-01T00:00:00.000Z");
});

test("only what is asked is in the path", () => {
  const path = pathWith("/v1/ledger/events", askedOf({ type: "run.ended", span: "hour" }, NOW));

  expect(path).toBe("/v1/ledger/events?type=run.ended&since=2026-01-02T11%3A00%3A00.000Z");
});
