import { describe, expect, it } from "vitest";
import type { JsonObject } from "../contracts/index.ts";
import { recordedState, standingOf } from "./lifecycle.ts";
import type { EventType } from "./normalise/event-type.ts";
import { UNKNOWN_ENTITY } from "./ordering.ts";

const event = (type: EventType, payload: JsonObject = {}) =>
  ({ source_event_id: "e", predecessor_source_event_id: null, entity_type: "payment", type, payload }) as const;

describe("what events leave on an entity", () => {
  it("an entity without a lifecycle stands where an unknown one does, whatever tools have set", () => {
    expect(standingOf(undefined, [])).toEqual(UNKNOWN_ENTITY);
    expect(standingOf({ status: "paid" }, [])).toEqual(UNKNOWN_ENTITY);
  });

  it("the lifecycle grows by types, not by deliveries", () => {
    const created = recordedState({ note: "ours" }, event("payment.created"));
    const captured = recordedState(created, event("payment.captured"));
    const partly = recordedState(captured, event("payment.partially_refunded", { amount_refunded_cents: 1 }));
    const twice = recordedState(partly, event("payment.partially_refunded", { amount_refunded_cents: 2 }));

    expect(twice).toEqual({
      note: "ours",
      lifecycle: {
        status: "captured",
        applied_types: ["payment.created", "payment.captured", "payment.partially_refunded"],
      },
      reported: { amount_refunded_cents: 2 },
    });
  });

  it("an event that tells nothing new leaves an equal state", () => {
    const once = recordedState({}, event("payment.created", { amount_cents: 1 }));

    expect(recordedState(once, event("payment.created", { amount_cents: 1 }))).toEqual(once);
  });

  it.each([
    ["won", false],
    ["warning_closed", false],
    ["lost", true],
    [null, true],
  ])("a dispute closed as %s leaves disputed %s", (status, disputed) => {
    const open = recordedState({}, event("payment.disputed"));

    expect(open.disputed).toBe(true);
    expect(recordedState(open, event("payment.dispute_closed", { status })).disputed).toBe(disputed);
  });
});
