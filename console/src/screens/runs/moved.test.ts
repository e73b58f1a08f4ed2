import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rereader } from "./moved.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A list whose readings are answered by hand; what was read, and what was put. */
function heldList() {
  const [asked, put]: [string[], string[]] = [[], []];
  const answers: (() => void)[] = [];
  const list = {
    isComing: false,
    read: (ids: readonly string[]) => {
      asked.push(ids.join(" "));
      return new Promise<() => void>((resolve) => answers.push(() => resolve(() => void put.push(ids.join(" ")))));
    },
  };
  return { list, asked, put, answer: () => answers.shift()?.() };
}

const gathered = () => vi.advanceTimersByTimeAsync(250);

test("what moves while rows are read is read after them, so that nothing older is put over it", async () => {
  const { list, asked, put, answer } = heldList();
  const { hear } = rereader({ ...list, isComing: () => list.isComing });
  hear(["a"]);
  hear(["b"]);
  await gathered();
  hear(["a"]);
  await gathered();
  expect(asked).toEqual(["a b"]);
  answer();
  await gathered();
  answer();
  await gathered();

  expect(asked).toEqual(["a b", "a"]);
  expect(put).toEqual(["a b", "a"]);
});

test("what moves while a page comes is read after it, also where the page was asked for later", async () => {
  const { list, asked, put, answer } = heldList();
  const { hear } = rereader({ ...list, isComing: () => list.isComing });
  list.isComing = true;
  hear(["a"]);
  await gathered();
  expect(asked).toEqual([]);
  list.isComing = false;
  await gathered();
  list.isComing = true;
  answer();
  await gathered();
  expect(put).toEqual([]);
  list.isComing = false;
  await gathered();
  answer();
  await gathered();

  expect(asked).toEqual(["a", "a"]);
  expect(put).toEqual(["a"]);
});

test("a list that is looked at no more reads nothing more", async () => {
  const { list, asked, answer } = heldList();
  const { hear, stop } = rereader({ ...list, isComing: () => list.isComing });
  hear(["a"]);
  await gathered();
  hear(["b"]);
  stop();
  answer();
  await gathered();

  expect(asked).toEqual(["a"]);
});
