import { expect, test } from "vitest";
import { isSameFilter, readViews, runsPath, withoutView, withView } from "./run-filter.ts";

test("a filter is asked for as it stands, without what it leaves open", () => {
  expect(runsPath({ status: "BLOCKED", search: "a&b" }, { limit: 5 })).toBe(
    "/v1/runs?status=BLOCKED&search=a%26b&limit=5",
  );
  expect(runsPath({}, { before: "", limit: 5 })).toBe("/v1/runs?limit=5");
  expect(isSameFilter({ status: undefined }, {})).toBe(true);
});

test("a view is saved under its name, once, and can be taken away", () => {
  const one = withView([], { name: "mine", filter: { status: "BLOCKED" } });
  const other = withView(one, { name: "mine", filter: { search: "ord" } });

  expect(other).toEqual([{ name: "mine", filter: { search: "ord" } }]);
  expect(withoutView(other, "mine")).toEqual([]);
  expect(readViews(JSON.stringify(other))[0]?.filter.search).toBe("ord");
});

test("what a browser kept and is no view is none", () => {
  expect(readViews(null)).toEqual([]);
  expect(readViews("{")).toEqual([]);
  expect(readViews('{"a":1}')).toEqual([]);
  expect(readViews('[1,{"name":2},{"name":"a","filter":{"status":3}}]')).toEqual([
    { name: "a", filter: { status: undefined, workflow: undefined, search: undefined } },
  ]);
});
