import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant } from "../contracts/index.ts";
import { EVENT_TYPES, type EventType } from "./normalise/event-type.ts";
import {
  type EntityStanding,
  isOrderingTimedOut,
  type OrderedEvent,
  orderingVerdict,
  settle,
  standingAfter,
  timedOutVerdict,
  UNKNOWN_ENTITY,
} from "./ordering.ts";
import { type EntityStatus, ORDERING_RULES } from "./ordering-rules.ts";

const event = (type: EventType, rest: Partial<OrderedEvent> = {}): OrderedEvent => ({
  source_event_id: `evt_${type}`,
  type,
  predecessor_source_event_id: null,
  ...rest,
});

const standing = (status: EntityStatus | null, ...applied_types: EventType[]): EntityStanding => ({
  status,
  applied_types,
  applied_source_event_ids: applied_types.map((type) => `evt_${type}`),
});

const STATUSES: readonly (EntityStatus | null)[] = [
  null,
  "created",
  "authorized",
  "captured",
  "paid",
  "processing",
  "fulfilled",
  "shipped",
  "delivered",
  "returned",
  "refunded",
  "failed",
  "cancelled",
];

/** commerce-kernel 14.6: the local statuses under which each event may be applied; "not fulfilled, not cancelled" spelt out. */
const PRECONDITIONS: readonly (readonly [EventType, readonly EntityStatus[]])[] = [
  ["order.fulfilled", ["paid", "processing"]],
  ["payment.refunded", ["captured"]],
  ["fulfillment.shipped", ["created"]],
  ["payment.succeeded", ["created", "authorized"]],
  ["payment.captured", ["created", "authorized"]],
  ["payment.failed", ["created", "authorized"]],
  ["order.paid", ["created"]],
  ["order.cancelled", ["created", "paid", "processing"]],
  ["fulfillment.delivered", ["shipped"]],
];

test.each(PRECONDITIONS)("%s is applied only to an entity that is %j", (type, allowed) => {
  const applicable = STATUSES.filter((status) => timedOutVerdict(event(type), standing(status)).kind === "apply");

  expect(applicable).toEqual(STATUSES.filter((status) => status !== null && allowed.includes(status)));
});

/** commerce-kernel 14.5, copied: what each event waits for. */
test.each<readonly [EventType, EventType]>([
  ["payment.succeeded", "payment.created"],
  ["payment.captured", "payment.created"],
  ["payment.refunded", "payment.captured"],
  ["payment.refunded", "payment.succeeded"],
  ["payment.failed", "payment.created"],
  ["order.paid", "order.created"],
  ["order.fulfilled", "order.paid"],
  ["order.cancelled", "order.created"],
  ["fulfillment.shipped", "fulfillment.created"],
  ["fulfillment.delivered", "fulfillment.shipped"],
])("P1-T37 %s waits for %s", (type, predecessor) => {
  expect(orderingVerdict(event(type), UNKNOWN_ENTITY)).toMatchObject({ kind: "hold" });
  expect(orderingVerdict(event(type), standing(null, predecessor)).kind).not.toBe("hold");
});

describe("the gate", () => {
  test("P1-T37 names the implied predecessors of which one is missing", () => {
    const verdict = orderingVerdict(event("payment.refunded"), standing("created", "payment.created"));

    expect(verdict).toEqual({ kind: "hold", missing: ["payment.succeeded", "payment.captured"] });
  });

  test("holds for a predecessor that the event names, whatever its type implies", () => {
    const named = event("order.updated", { predecessor_source_event_id: "evt_9" });

    expect(orderingVerdict(named, standing("paid"))).toEqual({ kind: "hold", missing: "evt_9" });
    expect(orderingVerdict(named, { ...standing("paid"), applied_source_event_ids: ["evt_9"] })).toEqual({
      kind: "apply",
      status: "paid",
    });
  });

  test("reconciles an event whose predecessor is there but whose entity has moved on", () => {
    const verdict = orderingVerdict(event("order.paid"), standing("cancelled", "order.created", "order.cancelled"));

    expect(verdict).toEqual({ kind: "reconcile", expected: ["created"], found: "cancelled" });
  });

  test("reconciles an event of an entity whose status no rule mentions", () => {
    const odd: EntityStanding = { ...standing(null, "order.created"), status: "misplaced" };

    expect(orderingVerdict(event("order.paid"), odd)).toMatchObject({ kind: "reconcile", found: "misplaced" });
  });

  test("applies a type without a rule and leaves the status alone", () => {
    expect(orderingVerdict(event("email.delivered"), UNKNOWN_ENTITY)).toEqual({ kind: "apply", status: null });
    expect(orderingVerdict(event("order.updated"), standing("paid"))).toEqual({ kind: "apply", status: "paid" });
  });

  test("P1-T38 after the timeout applies what the status allows although the predecessor never came", () => {
    const paid = event("order.paid");

    expect(orderingVerdict(paid, standing("created")).kind).toBe("hold");
    expect(timedOutVerdict(paid, standing("created"))).toEqual({ kind: "apply", status: "paid" });
    expect(timedOutVerdict(paid, UNKNOWN_ENTITY)).toMatchObject({ kind: "reconcile", found: null });
  });

  test("P1-T38 a hold lasts 60 seconds, to the millisecond", () => {
    expect(isOrderingTimedOut(instant(0), instant(59_999))).toBe(false);
    expect(isOrderingTimedOut(instant(0), instant(60_000))).toBe(true);
  });

  test("a predecessor that comes after its successor was applied with a warning is reconciled, never applied", () => {
    const afterWarning = standingAfter(event("fulfillment.shipped"), standing("created"));

    expect(orderingVerdict(event("fulfillment.created"), afterWarning)).toMatchObject({
      kind: "reconcile",
      found: "shipped",
    });
  });

  test("a second delivery under another id does not pay an order twice", () => {
    const once = standing("paid", "order.created", "order.paid");

    expect(orderingVerdict(event("order.paid", { source_event_id: "evt_other" }), once).kind).toBe("reconcile");
  });
});

const anyEvent = fc.constantFrom(...EVENT_TYPES).map((type) => event(type));
const anyStanding = fc
  .tuple(fc.constantFrom(...STATUSES), fc.subarray([...EVENT_TYPES]))
  .map(([status, types]) => standing(status, ...types));

test("an event whose preconditions fail is never applied, before the timeout or after it", () => {
  fc.assert(
    fc.property(anyEvent, anyStanding, (candidate, entity) => {
      const allowed: readonly (string | null)[] | undefined = ORDERING_RULES[candidate.type]?.from;
      fc.pre(allowed !== undefined && !allowed.includes(entity.status));

      expect(orderingVerdict(candidate, entity).kind).not.toBe("apply");
      expect(timedOutVerdict(candidate, entity).kind).toBe("reconcile");
      expect(() => standingAfter(candidate, entity)).toThrow("preconditions hold");
    }),
  );
});

test("no event is applied before one that it must come after", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), (waiting) => {
      const { applied } = settle(waiting, UNKNOWN_ENTITY);

      const early = applied.filter(({ type }, index) => {
        const after = ORDERING_RULES[type]?.after ?? [];
        return after.length > 0 && !applied.slice(0, index).some((earlier) => after.includes(earlier.type));
      });
      expect(early).toEqual([]);
    }),
  );
});

test("settling loses nothing and invents nothing", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 12 }), anyStanding, (waiting, entity) => {
      const { applied, reconciled, held } = settle(waiting, entity);

      const types = (events: readonly OrderedEvent[]) => events.map(({ type }) => type).sort();
      expect(types([...applied, ...reconciled, ...held])).toEqual(types(waiting));
    }),
  );
});

const histories: readonly (readonly EventType[])[] = [
  ["order.created", "order.paid", "order.fulfilled"],
  ["payment.created", "payment.captured", "payment.refunded"],
  ["fulfillment.created", "fulfillment.shipped", "fulfillment.delivered"],
];

test.each(histories.map((history) => ({ history })))(
  "P1-T37 $history settle in causal order however they arrive",
  ({ history }) => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...history], { minLength: history.length }), (arrival) => {
        const settled = settle(
          arrival.map((type) => event(type)),
          UNKNOWN_ENTITY,
        );

        expect(settled.applied.map(({ type }) => type)).toEqual(history);
        expect(settled.standing.status).toBe(ORDERING_RULES[history.at(-1) ?? "order.created"]?.to);
      }),
    );
  },
);

test("dependants that are released together are taken by the earliest seq", () => {
  const arrival = ["order.cancelled", "order.paid", "order.created"] as const;

  const settled = settle(
    arrival.map((type) => event(type)),
    UNKNOWN_ENTITY,
  );

  expect(settled.applied.map(({ type }) => type)).toEqual(["order.created", "order.cancelled"]);
  expect(settled.reconciled.map(({ type }) => type)).toEqual(["order.paid"]);
});
