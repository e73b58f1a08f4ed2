import { expect, test } from "vitest";
import { InvariantError } from "./fault.ts";
import { after } from "./instant.ts";
import { ManualClock, seededHost } from "./manual-clock.ts";

const never = new AbortController().signal;

test("sleepers wake in the order of their instants, and not before", async () => {
  const clock = new ManualClock();
  const woken: string[] = [];
  const waits = [
    clock.wake(after(clock.now(), 20), never).then(() => woken.push("late")),
    clock.wake(after(clock.now(), 10), never).then(() => woken.push("early")),
  ];

  clock.advance(9);
  await Promise.resolve();
  expect(woken).toEqual([]);

  clock.advance(11);
  await Promise.all(waits);
  expect(woken).toEqual(["early", "late"]);
  expect(clock.nextWake).toBeUndefined();
});

test("an instant that has come, and a signal that has fired, are not waited for", async () => {
  const clock = new ManualClock();

  await clock.wake(clock.now(), never);
  await clock.wake(after(clock.now(), 1), AbortSignal.abort());

  expect(clock.nextWake).toBeUndefined();
});

test("an aborted wait resolves and leaves nothing behind", async () => {
  const clock = new ManualClock();
  const controller = new AbortController();
  const wait = clock.wake(after(clock.now(), 1000), controller.signal);

  expect(clock.nextWake).toBe(after(clock.now(), 1000));
  controller.abort();
  await wait;

  expect(clock.nextWake).toBeUndefined();
});

test("a clock never moves back", () => {
  expect(() => new ManualClock().advance(-1)).toThrow(InvariantError);
});

test("the same seed gives the same ids and the same chance", () => {
  const historyOf = (seed: number) => {
    const host = seededHost(seed);
    return [host.ids.next(), host.random.next(), host.ids.next(), [...host.random.bytes(8)]];
  };

  expect(historyOf(7)).toEqual(historyOf(7));
  expect(historyOf(7)).not.toEqual(historyOf(8));
});
