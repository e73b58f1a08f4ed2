import { expect, test } from "vitest";
import { drawnOf } from "../../../../src/gate/scale.ts";
import { drawnGate, numberOf } from "./drawn.ts";

test("a proportion is drawn on the scale that packets draw it on", () => {
  const row = { value: "59/60", bound: "0.911", rule: ">= 0.95" };

  expect(drawnGate(row)).toEqual(drawnOf(row));
  expect(drawnGate(row)).toMatchObject({ from: 0.9, to: 1 });
});

test("a number is drawn from nothing to a round number over it and its limit", () => {
  expect(drawnGate({ value: "3", bound: null, rule: "<= 0" })).toEqual({
    from: 0,
    to: 5,
    value: 60,
    bound: null,
    limit: 0,
  });
  expect(drawnGate({ value: "0", bound: null, rule: "<= 0" })).toMatchObject({ to: 1, value: 0 });
  expect(drawnGate({ value: "4100/2", bound: null, rule: "<= 1500" })).toMatchObject({ to: 5_000, limit: 30 });
});

test("what has no value, or no number to be compared with, is not drawn", () => {
  expect(drawnGate({ value: null, bound: null, rule: ">= 1" })).toBeNull();
  expect(drawnGate({ value: "3", bound: null, rule: "<= an unknown limit" })).toBeNull();
  expect(numberOf("many")).toBeNull();
});
