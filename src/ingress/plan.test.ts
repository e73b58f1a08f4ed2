import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { after, instant } from "../contracts/index.ts";
import type { EventType } from "./normalise/event-type.ts";
import { ORDERING_TIMEOUT_MS, standingAfter, UNKNOWN_ENTITY } from "./ordering.ts";
import { planOf, type WaitingEvent } from "./plan.ts";

const NOW = instant(1_767_225_600_000);

const event = (type: EventType, heldMs: number | null = null, id: string = type): WaitingEvent => ({
  source_event_id: id,
  type,
  predecessor_source_event_id: null,
  held_since: heldMs === null ? null : after(NOW, -heldMs),
});

const shape = ({ decisions, held }: ReturnType<typeof planOf>) => ({
  decisions: decisions.map(({ kind, event: { type }, released }) => [kind, type, released !== null]),
  held: held.map(({ type }) => type),
});

describe("what becomes of waiting events", () => {
  it("P1-T37 a predecessor is applied before the successor that came first", () => {
    const plan = planOf([event("order.paid", 5), event("order.created")], UNKNOWN_ENTITY, NOW);

    expect(shape(plan)).toEqual({
      decisions: [
        ["apply", "order.created", false],
        ["apply", "order.paid", false],
      ],
      held: [],
    });
  });

  it("P1-T38 at 59.999 s an event still waits, at 60 s it is judged by its preconditions", () => {
    const created = { status: "created", applied_types: [], applied_source_event_ids: [] };

    expect(shape(planOf([event("order.paid", 59_999)], created, NOW)).held).toEqual(["order.paid"]);
    expect(shape(planOf([event("order.paid", 60_000)], created, NOW)).decisions).toEqual([
      ["apply", "order.paid", true],
    ]);
    expect(shape(planOf([event("order.paid", 60_000)], UNKNOWN_ENTITY, NOW)).decisions).toEqual([
      ["reconcile", "order.paid", true],
    ]);
  });

  it("what the time-out applies releases those that wait for it", () => {
    const created = { status: "created", applied_types: [], applied_source_event_ids: [] };

    const plan = planOf([event("order.fulfilled", 1), event("order.paid", 60_000)], created, NOW);

    expect(shape(plan).decisions).toEqual([
      ["apply", "order.paid", true],
      ["apply", "order.fulfilled", false],
    ]);
  });

  it("a release says how long it took, what was missing and what the status was", () => {
    const [decision] = planOf([event("order.paid", 61_000)], UNKNOWN_ENTITY, NOW).decisions;

    expect(decision?.released).toEqual({
      held_for_ms: 61_000,
      missing: ["order.created"],
      expected: ["created"],
      status_before: null,
      status_after: null,
    });
  });

  it("every event is applied, reconciled or held, once; none waits past its time; none is applied against the rules", () => {
    const types = fc.constantFrom<EventType[]>(
      "order.created",
      "order.updated",
      "order.paid",
      "order.partially_fulfilled",
      "order.fulfilled",
      "order.cancelled",
    );
    const waiting = fc
      .array(fc.tuple(types, fc.option(fc.integer({ min: 0, max: 2 * ORDERING_TIMEOUT_MS }))), { maxLength: 12 })
      .map((items) => items.map(([type, heldMs], index) => event(type, heldMs, `e${index}`)));

    fc.assert(
      fc.property(waiting, (events) => {
        const { decisions, held } = planOf(events, UNKNOWN_ENTITY, NOW);

        const ids = [...decisions.map((decision) => decision.event), ...held].map(({ source_event_id: id }) => id);
        expect(ids.toSorted()).toEqual(events.map(({ source_event_id: id }) => id).toSorted());
        expect(held.every(({ held_since: at }) => at === null || NOW - at < ORDERING_TIMEOUT_MS)).toBe(true);
        // Throws where the preconditions of an applied event do not hold in its turn.
        decisions
          .filter(({ kind }) => kind === "apply")
          .reduce((standing, decision) => standingAfter(decision.event, standing), UNKNOWN_ENTITY);
      }),
    );
  });
});
