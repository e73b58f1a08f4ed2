import { expect, test } from "vitest";
import { terminalStates, transitionOf } from "../contracts/index.ts";
import { LEASE_MACHINE } from "./lease-machine.ts";

test("a lease that was given back or taken over is never held again", () => {
  expect(terminalStates(LEASE_MACHINE)).toEqual(["RELEASED", "TAKEN_OVER"]);
  for (const to of ["RELEASED", "EXPIRED", "TAKEN_OVER"])
    expect(transitionOf(LEASE_MACHINE, "ACTIVE", to).ok).toBe(true);
  for (const from of Object.keys(LEASE_MACHINE.moves))
    expect(transitionOf(LEASE_MACHINE, from, "ACTIVE")).toMatchObject({
      ok: false,
      refusal: { details: { reason_code: `STATE.INVALID_TRANSITION.${from}.ACTIVE` } },
    });
});
