import { expect, test } from "vitest";
import { Stop } from "./stop.ts";

test("a signal taken before the stop aborts with its reason", () => {
  const stop = new Stop();
  const { signal } = stop;

  stop.stop("over");

  expect(signal.aborted && signal.reason).toBe("over");
  expect(stop.isStopped).toBe(true);
});

test("a signal taken after the stop is aborted already, and what stopped first is the reason", () => {
  const stop = new Stop();

  stop.stop("first");
  stop.stop("second");

  expect(stop.signal.aborted && stop.signal.reason).toBe("first");
});

test("what is never stopped has one signal, which does not abort", () => {
  const stop = new Stop();

  expect(stop.signal.aborted).toBe(false);
  expect(stop.signal).toBe(stop.signal);
});
