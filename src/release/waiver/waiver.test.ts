import { expect, test } from "vitest";
import { instant, terminalStates, transitionOf } from "../../contracts/index.ts";
import { NOW } from "../bundle/testing/shop.ts";
import { approverBar } from "./acts.ts";
import { restingOn } from "./standing.ts";
import { approvers, asked, BY_ANN, BY_OLGA, signedBy, storedOf } from "./testing/signed.ts";
import { lackOf, stateAt, WAIVER_MACHINE } from "./waiver.ts";

test("what is revoked or expired stays so, and nothing is approved twice", () => {
  expect(terminalStates(WAIVER_MACHINE)).toEqual(["revoked", "expired"]);
  expect(transitionOf(WAIVER_MACHINE, "requested", "approved").ok).toBe(true);
  expect(transitionOf(WAIVER_MACHINE, "approved", "approved")).toMatchObject({
    refusal: { code: "STATE_TRANSITION_ILLEGAL" },
  });
});

test("7.6 a waiver ends at the very instant that it names, recorded or not; a revoked one stays revoked", () => {
  const stored = storedOf(asked());
  const last = instant(stored.expires_at - 1);

  expect([stateAt(stored, last), stateAt(stored, stored.expires_at)]).toEqual(["approved", "expired"]);
  expect(stateAt({ ...stored, state: "requested" }, stored.expires_at)).toBe("expired");
  expect(stateAt({ ...stored, state: "revoked" }, stored.expires_at)).toBe("revoked");
});

test("people are counted, and one of them has each role that is asked for", () => {
  const lack = (...signers: Parameters<typeof signedBy>[1][]) => lackOf(storedOf(signedBy(asked(), ...signers)));

  expect(lack()).toEqual({ approvals: 2, roles: ["release_owner"] });
  expect(lack(BY_ANN)).toEqual({ approvals: 1, roles: ["release_owner"] });
  expect(lack(BY_OLGA, BY_OLGA)).toEqual({ approvals: 1, roles: [] });
  expect(lack(BY_ANN, { ...BY_ANN, approver: "bea" })).toEqual({ approvals: 0, roles: ["release_owner"] });
  expect(lack(BY_ANN, BY_OLGA)).toEqual({ approvals: 0, roles: [] });
});

test("WAIVER_APPROVER_IS_REQUESTER WAIVER_APPROVED_ALREADY WAIVER_APPROVER_INVALID who asked, who did before and what is no person approve nothing", () => {
  const stored = storedOf(signedBy(asked(), BY_ANN));
  const bar = (by: string, isPerson = true) => approverBar(stored, { by, isPerson })?.code ?? null;

  expect([bar("dave"), bar("ann"), bar("olga", false), bar("olga")]).toEqual([
    "WAIVER_APPROVER_IS_REQUESTER",
    "WAIVER_APPROVED_ALREADY",
    "WAIVER_APPROVER_INVALID",
    null,
  ]);
});

test("W51 what a decision rests on carries nothing once it is revoked, over, or signed with a key that was revoked", () => {
  const stored = storedOf(signedBy(asked(), BY_ANN, BY_OLGA));
  const trust = { roster: approvers(), at: NOW };
  const problem = (...given: Parameters<typeof restingOn>) => restingOn(...given).problem;

  expect(restingOn(stored, trust)).toEqual({
    waiver_id: "W-2026-0001",
    environments: ["staging"],
    problem: null,
  });
  expect(problem({ ...stored, state: "revoked", ended_at: NOW }, trust)).toBe("revoked since 2026-01-30T12:00:00.000Z");
  expect(problem(stored, { ...trust, at: stored.expires_at })).toContain("expired since");
  expect(problem({ ...stored, state: "requested" }, trust)).toBe("requested");
  expect(problem(stored, { ...trust, roster: approvers({ revoked_at: "2026-01-30T00:00:00Z" }) })).toContain(
    "BUNDLE_KEY_REVOKED",
  );
});
