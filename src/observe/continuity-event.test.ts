import { expect, test } from "vitest";
import type { JsonObject } from "../contracts/index.ts";
import { parseContinuityEvent } from "./continuity-event.ts";
import { checkContract } from "./contracts.ts";
import { EVENTS } from "./testing/rotation.ts";

const event: JsonObject = { ...EVENTS[0] };

test.each(["AGENT", "HUMAN"])(
  "K-04 an event that another recorded as %s is read as SYSTEM with that as operation",
  (type) => {
    const line = { ...event, event_type: type, payload: { said: "on it" } };

    expect(checkContract("event", line).ok).toBe(false);
    expect(parseContinuityEvent(line)).toMatchObject({
      event_type: "SYSTEM",
      payload: { operation: type, said: "on it" },
    });
  },
);

test("K-04 what its payload calls an operation stays the operation, and a type of the list stays as it is", () => {
  const named = parseContinuityEvent({ ...event, event_type: "AGENT", payload: { operation: "LEASE_ADOPTED" } });

  expect(named).toMatchObject({ event_type: "SYSTEM", payload: { operation: "LEASE_ADOPTED" } });
  expect(parseContinuityEvent(event)).toMatchObject({ event_type: event.event_type, payload: event.payload });
});
