import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { JsonObject, Severity } from "../contracts/index.ts";
import { ALERT_KINDS, ALERTS, alertOf, kindOf } from "./alert.ts";

const told = (type: string, severity: Severity, payload: JsonObject | null) =>
  alertOf({ type, severity, payload: payload === null ? null : JSON.stringify(payload) });

const found = { tool: "look", attempt: 1, part: "output", detector: "d", field_path: "$.text", hits: 1 };

test("every alert has a severity, words, and a section of the runbook", () => {
  const runbook = readFileSync("docs/runbook.md", "utf8");

  for (const [kind, { type, at, severity, says, runbook: section }] of Object.entries(ALERTS)) {
    expect(kindOf({ type, severity: at })).toBe(kind);
    expect(["P1", "P2", "P3"]).toContain(severity);
    expect(says).not.toBe("");
    expect(runbook).toMatch(new RegExp(`^## .*\\(${section}\\)$`, "m"));
  }
  expect(Object.keys(ALERTS)).toEqual([...ALERT_KINDS]);
});

test("P1-T-RK08b a secret, a card and a social security number are P1, P1-T-RK08a what is masked is P2", () => {
  expect(told("scanner.detected", "error", { ...found, kind: "CARD" })).toEqual({
    kind: "secret_stopped",
    severity: "P1",
    says: "a card number in its output at `$.text` was stopped at the record",
    tool: "look",
    runbook: "RB-04",
  });
  expect(told("scanner.detected", "warning", { ...found, part: "error", kind: "EMAIL" })).toMatchObject({
    severity: "P2",
    says: "an e-mail address in its error at `$.text` was masked at the record",
  });
});

test("P1-T05-NEG-01 a collision says whose result was given", () => {
  const payload = {
    tool: "keyed",
    attempt: 1,
    internal_key: "k",
    first_run: "r1",
    first_step: "write",
    receipt_id: "p",
  };

  expect(told("idempotency.collided", "warning", payload)).toMatchObject({
    severity: "P2",
    says: "its key is that of step `write` of run `r1`: it was not made, and got that result",
  });
});

test("P1-T05 a bound that ended a run is P1", () => {
  expect(told("bound.reached", "error", { code: "BOUND_STEPS", message: "more than 3 steps" })).toMatchObject({
    severity: "P1",
    says: "`BOUND_STEPS` ended the run: more than 3 steps",
    tool: null,
  });
});

test("of an entry whose payload was erased it is told what it was", () => {
  expect(told("scanner.detected", "error", null)).toMatchObject({ severity: "P1", says: ALERTS.secret_stopped.says });
});

test("whatever else a run records is no alert", () => {
  expect(told("step.failed", "warning", { tool: "look" })).toBeNull();
  expect(told("bound.reached", "info", {})).toBeNull();
});
