import { expect, test } from "vitest";
import { FAULT_RULE, faultTable } from "./faults.ts";

const OUTAGE = { kind: "outage" } as const;
const THROTTLE = { kind: "throttle" } as const;

const request = (path: string, method = "GET", operations: readonly string[] = []) => ({ path, method, operations });

test("a star is one segment, two stars are any number, and other signs mean themselves", () => {
  const table = faultTable();
  table.arm({ path: "/v2/orders/*/shipments", action: OUTAGE });
  table.arm({ path: "/v1/**", action: THROTTLE });
  table.arm({ path: "/a.b", action: THROTTLE });

  expect(table.take(request("/v2/orders/7/shipments"))).toEqual(OUTAGE);
  expect(table.take(request("/v2/orders/7/8/shipments"))).toBeUndefined();
  expect(table.take(request("/v1/tax/calculations"))).toEqual(THROTTLE);
  expect(table.take(request("/axb"))).toBeUndefined();
});

test("the rule set first acts, and every matching rule counts", () => {
  const table = faultTable();
  table.arm({ action: THROTTLE });
  table.arm({ nth: 2, action: { kind: "drop_before_effect" } });

  expect(table.take(request("/"))).toEqual(THROTTLE);
  expect(table.take(request("/"))).toEqual({ kind: "drop_before_effect" });
  expect(table.take(request("/"))).toBeUndefined();
});

test("a rule for an operation meets only requests that name it", () => {
  const table = faultTable();
  table.arm({ operation: "refundCreate", count: 0, action: THROTTLE });

  expect(table.take(request("/graphql.json", "POST", ["order"]))).toBeUndefined();
  expect(table.take(request("/graphql.json", "POST", ["tagsAdd", "refundCreate"]))).toEqual(THROTTLE);
});

test("a rule with a misspelt member is not a rule", () => {
  expect(FAULT_RULE.safeParse({ pth: "/", action: OUTAGE }).success).toBe(false);
  expect(FAULT_RULE.safeParse({ path: "/", action: OUTAGE }).success).toBe(true);
});
