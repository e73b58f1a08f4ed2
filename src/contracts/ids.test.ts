import * as fc from "fast-check";
import { validate, version } from "uuid";
import { expect, test } from "vitest";
import { uuidV7Ids } from "./ids.ts";
import { instant } from "./instant.ts";
import { seededRandom } from "./seeded-random.ts";

/** Answers the given readings one after the other, then stands still. */
const clockOf = (readings: readonly number[]) => {
  let next = 0;
  return { now: () => instant(readings[Math.min(next++, readings.length - 1)] ?? 0) };
};

test("ids are UUID version 7 and carry the clock's millisecond", () => {
  const ids = uuidV7Ids(clockOf([1_769_767_200_000]), seededRandom(1));

  const id = ids.next();

  expect(validate(id) && version(id)).toBe(7);
  expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(1_769_767_200_000);
});

test("ids of one process sort in the order they were made, whatever the clock does", () =>
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 41 }), { minLength: 1 }), fc.integer(), (readings, seed) => {
      const ids = uuidV7Ids(clockOf(readings), seededRandom(seed));

      const made = readings.map(() => ids.next());

      expect(made).toEqual([...new Set(made)].sort());
    }),
  ));

test("a counter that is used up moves on to the next millisecond", () => {
  const ids = uuidV7Ids(clockOf([1000]), { next: () => 1.9999999999, bytes: (length) => new Uint8Array(length) });

  const made = [ids.next(), ids.next()];

  expect(made.map((id) => Number.parseInt(id.replace("-", "").slice(0, 12), 16))).toEqual([1000, 1001]);
});
