import { expect, test } from "vitest";
import { after } from "./instant.ts";
import { systemHost } from "./system-host.ts";

const never = new AbortController().signal;

test("waiting for an instant that has come returns at once, and a wait ends when its signal fires", async () => {
  const { clock } = systemHost();
  const controller = new AbortController();

  await clock.wake(clock.now(), never);
  const wait = clock.wake(after(clock.now(), 10 ** 12), controller.signal);
  controller.abort();
  await wait;

  expect(controller.signal.aborted).toBe(true);
});

test("the clock has reached the instant that was waited for", async () => {
  const { clock } = systemHost();
  const at = after(clock.now(), 2);

  await clock.wake(at, never);

  expect(clock.now()).toBeGreaterThanOrEqual(at);
});

test("ids and bytes differ from call to call", () => {
  const { ids, random } = systemHost();

  const made = [ids.next(), ids.next(), ids.next()];

  expect(made).toEqual([...new Set(made)].sort());
  expect(random.bytes(16)).not.toEqual(random.bytes(16));
  expect(random.next()).toBeLessThan(1);
});
