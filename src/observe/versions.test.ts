import { expect, test } from "vitest";
import type { Json } from "../contracts/index.ts";
import { ownEvents, started, stream, succeeded } from "./testing/recorded.ts";
import { transitionsOf } from "./transitions.ts";
import { changesBetween, versionAt, versionsOf } from "./versions.ts";

const patched = (ms: number, step: string, next: string | null, version: number, value: Json) => {
  const event = succeeded(ms, step, next);
  const patch = [{ op: "add", path: `/${step}`, value }];
  return { ...event, payload: { ...Object(event.payload), patch, document_version: version } };
};

const EVENTS = transitionsOf(
  ownEvents(
    stream(started, patched(100, "fetch", "pay", 2, { found: 1 }), patched(200, "pay", null, 3, { paid: true })),
  ),
);

test("a version is the document as its event left it; one beyond the last is the last", () => {
  const versions = [1, 2, 3, 99].map((version) => versionAt(versionsOf(EVENTS), version));

  expect(versions.map(({ version, madeBy }) => [version, madeBy.seq])).toEqual([
    [1, 1],
    [2, 2],
    [3, 3],
    [3, 3],
  ]);
  expect(Object.keys(versions[1]?.document ?? {})).toEqual(["trigger", "fetch"]);
});

test("two versions differ in a patch, and place by place in what was there and what is", () => {
  const { patch, changes } = changesBetween({ a: 1, b: { c: 2 } }, { b: { c: 3 }, d: 4 });

  expect(patch).toEqual([
    { op: "remove", path: "/a" },
    { op: "replace", path: "/b/c", value: 3 },
    { op: "add", path: "/d", value: 4 },
  ]);
  expect(changes).toEqual([
    { path: "$.a", was: 1 },
    { path: "$.b.c", was: 2, is: 3 },
    { path: "$.d", is: 4 },
  ]);
});
