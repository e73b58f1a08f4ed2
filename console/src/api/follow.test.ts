import { afterEach, expect, test, vi } from "vitest";
import { SIGNING } from "./client.ts";
import { concerns, follow, type News, streamsIn } from "./follow.ts";

afterEach(() => void vi.unstubAllGlobals());

test("whoever is signed out is told so and asks no more, until somebody signs in", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const refusal = { code: "UNAUTHENTICATED", detail: "who are you", remedy: "sign in" };
  const ask = vi.fn(() => Promise.resolve(Response.json(refusal, { status: 401 })));
  vi.stubGlobal("fetch", ask);
  const [heard, stop]: [News["kind"][], AbortController] = [[], new AbortController()];
  const following = follow("shop", ({ kind }) => void heard.push(kind), stop.signal);
  await vi.waitUntil(() => heard.length > 0);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(1);
  const signing = new BroadcastChannel(SIGNING);
  signing.postMessage(null);
  await vi.waitUntil(() => heard.length > 1);
  stop.abort();
  await following;
  signing.close();
  vi.useRealTimers();

  expect(heard).toEqual(["out", "out"]);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("a lost connection is made again a second later", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const ask = vi.fn(() => Promise.reject(new TypeError("fetch failed")));
  vi.stubGlobal("fetch", ask);
  const [heard, stop]: [News["kind"][], AbortController] = [[], new AbortController()];
  const following = follow("shop", ({ kind }) => void heard.push(kind), stop.signal);
  await vi.advanceTimersByTimeAsync(1_500);
  stop.abort();
  await following;
  vi.useRealTimers();

  expect(heard).toEqual(["lost", "lost"]);
});

test("a frame of changes names the streams that grew; another names none", () => {
  expect(streamsIn({ name: "change", data: '{"streams":[{"stream":"a","seq":7}]}' })).toEqual(["a"]);
  expect(streamsIn({ name: "size", data: "{}" })).toEqual([]);
});

test("a document that names its streams is read anew when one of them grew, and after a lost connection", () => {
  expect(concerns(["environment:", "gate:"], ["run-1", "gate:slo"])).toBe(true);
  expect(concerns(["environment:"], ["run-1"])).toBe(false);
  expect(concerns(["environment:"], null)).toBe(true);
  expect(concerns(undefined, ["run-1"])).toBe(true);
});
