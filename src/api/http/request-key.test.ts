import { describe, expect, test } from "vitest";
import { fingerprintOf, parseRequestKey, requestIdOf } from "./request-key.ts";

const olga = {
  tenantId: "shop",
  principalId: "olga",
  kind: "person",
  role: "operator",
  identity: null,
  keySha256: "",
} as const;

describe("the Idempotency-Key header", () => {
  test.each([
    ['"8e03978e-40d5"', "8e03978e-40d5"],
    ["8e03978e-40d5", "8e03978e-40d5"],
    ['"a \\"quoted\\" \\\\ key"', 'a "quoted" \\ key'],
    ["x".repeat(255), "x".repeat(255)],
  ])("%s is read as a structured field string or a bare token", (header, key) => {
    expect(parseRequestKey(header)).toEqual({ ok: true, value: key });
  });

  test.each(['""', '"open', "two words", "käse", "x".repeat(256), '"a\\n"'])("%s is refused", (header) => {
    expect(parseRequestKey(header)).toMatchObject({ ok: false, refusal: { code: "REQUEST_INVALID" } });
  });

  test("no header is no key", () => {
    expect(parseRequestKey(undefined)).toEqual({ ok: true, value: undefined });
  });

  test("what a key names depends on who asks, and never on when", () => {
    expect(requestIdOf(olga, "k")).toBe(requestIdOf({ ...olga, role: "admin" }, "k"));
    expect(requestIdOf(olga, "k")).not.toBe(requestIdOf({ ...olga, principalId: "otto" }, "k"));
  });

  test("the fingerprint is of what is asked, not of how it is written", () => {
    expect(fingerprintOf({ body: { a: 1, b: 2 } })).toBe(fingerprintOf({ body: { b: 2, a: 1 } }));
    expect(fingerprintOf({ body: { a: 1 } })).not.toBe(fingerprintOf({ body: { a: 2 } }));
  });
});
