import type { Instant } from "../contracts/index.ts";
import {
  type EntityStanding,
  isOrderingTimedOut,
  type OrderedEvent,
  orderingVerdict,
  settle,
  standingAfter,
  timedOutVerdict,
} from "./ordering.ts";
import { ORDERING_RULES, type OrderingRules } from "./ordering-rules.ts";

/** An event that waits to be applied; `held_since` is null for one that has just arrived. */
export interface WaitingEvent extends OrderedEvent {
  readonly held_since: Instant | null;
}

/** How an event left the gate by its time-out: commerce-kernel 14.6, as far as the gate knows it. */
export interface TimeoutRelease {
  readonly held_for_ms: number;
  /** The provider id, or the types of which one is missing. */
  readonly missing: string | readonly string[];
  /** Local statuses of which one was required; empty where the type has no rule. */
  readonly expected: readonly (string | null)[];
  readonly status_before: string | null;
  readonly status_after: string | null;
}

export interface Decision<Event extends WaitingEvent> {
  readonly kind: "apply" | "reconcile";
  readonly event: Event;
  /** Null for an event that did not have to wait to the end. */
  readonly released: TimeoutRelease | null;
}

export interface Plan<Event extends WaitingEvent> {
  /** In the order in which they are carried out. */
  readonly decisions: readonly Decision<Event>[];
  readonly held: readonly Event[];
}

/**
 * What becomes of one entity's waiting events now, given in the order of their `seq`: whatever is in order is applied, each
 * release at once and transitively; what has waited long enough is then applied or reconciled by its preconditions alone,
 * and may release others.
 */
export function planOf<Event extends WaitingEvent>(
  waiting: readonly Event[],
  standing: EntityStanding,
  now: Instant,
  rules: OrderingRules = ORDERING_RULES,
): Plan<Event> {
  const decisions: Decision<Event>[] = [];
  let held = waiting;
  let current = standing;
  for (let turn = 0; turn <= waiting.length; turn++) {
    const settled = settle(held, current, rules);
    decisions.push(...settled.applied.map((event) => ({ kind: "apply", event, released: null }) as const));
    decisions.push(...settled.reconciled.map((event) => ({ kind: "reconcile", event, released: null }) as const));
    current = settled.standing;
    const overdue = settled.held.find(({ held_since }) => held_since !== null && isOrderingTimedOut(held_since, now));
    held = settled.held.filter((event) => event !== overdue);
    if (overdue === undefined) break;
    const decision = released(overdue, current, now, rules);
    decisions.push(decision);
    if (decision.kind === "apply") current = standingAfter(overdue, current, rules);
  }
  return { decisions, held };
}

function released<Event extends WaitingEvent>(
  event: Event,
  standing: EntityStanding,
  now: Instant,
  rules: OrderingRules,
): Decision<Event> {
  const { kind, ...verdict } = timedOutVerdict(event, standing, rules);
  const waitingFor = orderingVerdict(event, standing, rules);
  return {
    kind,
    event,
    released: {
      held_for_ms: now - (event.held_since ?? now),
      missing: waitingFor.kind === "hold" ? waitingFor.missing : [],
      expected: rules[event.type]?.from ?? [],
      status_before: standing.status,
      status_after: "status" in verdict ? verdict.status : standing.status,
    },
  };
}
