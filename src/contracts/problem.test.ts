import { expect, test } from "vitest";
import { CODES } from "./codes.ts";
import { Fault } from "./fault.ts";
import { problemOf } from "./problem.ts";

test("a refusal becomes an RFC 9457 problem that says what to do and where", () => {
  const problem = problemOf({
    code: "SCHEMA_INVALID",
    message: "must be >= 1",
    field_path: "$.lines[0].quantity",
    details: { error_count: 1 },
  });

  expect(problem).toEqual({
    type: "urn:countermark:code:SCHEMA_INVALID",
    title: CODES.SCHEMA_INVALID.meaning,
    status: 400,
    detail: "must be >= 1",
    code: "SCHEMA_INVALID",
    remedy: CODES.SCHEMA_INVALID.remedy,
    retryable: false,
    field_path: "$.lines[0].quantity",
    details: { error_count: 1 },
  });
});

test("a limit of rate passes with time, a bound of a run does not", () => {
  expect(problemOf({ code: "RATE_LIMITED", message: "x" }).retryable).toBe(true);
  expect(problemOf({ code: "CIRCUIT_OPEN", message: "x" }).retryable).toBe(true);
  expect(problemOf({ code: "BOUND_STEPS", message: "x" }).retryable).toBe(false);
});

test("a fault says whether and when to try again, and keeps its cause to itself", () => {
  const cause = new Error("password=hunter2");
  const later = problemOf(new Fault("DATABASE_UNAVAILABLE", "down", { retry: { afterMs: 250 }, cause }));

  expect(later).toMatchObject({ status: 503, retryable: true, retry_after_ms: 250 });
  expect(JSON.stringify(later)).not.toContain("hunter2");
  expect(problemOf(new Fault("DATABASE_FAILED", "no", { retry: "never" }))).toMatchObject({ retryable: false });
  expect(problemOf(new Fault("DATABASE_CONFLICT", "no", { retry: "now" }))).toMatchObject({ retryable: true });
});
