import { expect, test } from "vitest";
import { CODES, type Code, isCode } from "../contracts/index.ts";
import { exitCodeOf } from "./exit-by-code.ts";

test.each<[Code, number]>([
  ["USAGE", 2],
  ["CONFIG_INVALID", 2],
  ["PACK_SYNTAX", 2],
  ["FILE_NOT_FOUND", 2],
  ["UNAUTHENTICATED", 2],
  ["RUN_NOT_FOUND", 2],
  ["GATE_FAILED", 4],
  ["GATE_EVIDENCE_MISSING", 5],
  ["HITL_PENDING", 6],
  ["HITL_DENIED", 7],
  ["ROLE_REQUIRED", 7],
  ["PERMISSION_DENIED", 7],
  ["BOUND_STEPS", 7],
  ["RATE_LIMITED", 7],
  ["CIRCUIT_OPEN", 7],
  ["DATA_CAP_EXCEEDED", 7],
  ["LEDGER_BROKEN", 8],
  ["REPLAY_MISMATCH", 8],
  ["PORT_IN_USE", 9],
  ["RUN_CLOSED", 9],
  ["BASE_DRIFTED", 9],
  ["IDEMPOTENCY_KEY_REUSED", 9],
  ["DATABASE_UNAVAILABLE", 1],
  ["EMBEDDED_CORRUPT", 1],
  ["INTERNAL", 1],
])("a command that ends with %s exits with %i", (code, exit) => {
  expect(exitCodeOf(code)).toBe(exit);
});

test("no code of a mistake, a rule or a failure looks like success", () => {
  const silent = Object.keys(CODES).filter(
    (code) => isCode(code) && CODES[code].status >= 400 && exitCodeOf(code) === 0,
  );

  expect(silent).toEqual([]);
});
