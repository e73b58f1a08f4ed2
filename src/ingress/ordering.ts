import type { Instant } from "../contracts/index.ts";
import { assert } from "../contracts/index.ts";
import type { InternalEvent } from "./normalise/event.ts";
import type { EventType } from "./normalise/event-type.ts";
import type { EntityStatus, OrderingRules } from "./ordering-rules.ts";
import { ORDERING_RULES } from "./ordering-rules.ts";

/*
 * The ordering gate: providers promise no order, so an event waits for what must come before it.
 *
 * I1  An event whose preconditions fail is never applied, before the timeout or after it.
 * I2  An event is held exactly while a predecessor it names or implies has not been applied.
 * I3  Applying an event moves its entity along its rule's `from` to `to`, and nowhere else.
 */

/** What the gate needs of an event. */
export type OrderedEvent = Pick<InternalEvent, "source_event_id" | "type" | "predecessor_source_event_id">;

/**
 * What is known of one entity and what has been applied to it. The status is null for an entity that is not known; one that
 * no rule mentions satisfies no rule, so its events are reconciled.
 */
export interface EntityStanding {
  readonly status: string | null;
  readonly applied_types: readonly EventType[];
  /** Provider ids of applied events; a named predecessor may be any of the tenant's, the caller supplies those asked for. */
  readonly applied_source_event_ids: readonly string[];
}

export const UNKNOWN_ENTITY: EntityStanding = { status: null, applied_types: [], applied_source_event_ids: [] };

export type OrderingVerdict =
  | { readonly kind: "apply"; readonly status: string | null }
  /** `missing` is the provider id of a named predecessor, or the implied types of which one is missing. */
  | { readonly kind: "hold"; readonly missing: string | readonly EventType[] }
  | Reconcile;

/** The truth is fetched from the provider instead. */
export interface Reconcile {
  readonly kind: "reconcile";
  readonly expected: readonly (EntityStatus | null)[];
  readonly found: string | null;
}

/** How long an event may wait for its predecessor; from this on it is timed out. */
export const ORDERING_TIMEOUT_MS = 60_000;

/** Whether an event held since `heldSince` has waited long enough; exactly at the timeout it has. */
export const isOrderingTimedOut = (heldSince: Instant, now: Instant): boolean => now - heldSince >= ORDERING_TIMEOUT_MS;

/** What to do with an event that has just arrived, or whose predecessor may have. */
export function orderingVerdict(
  event: OrderedEvent,
  standing: EntityStanding,
  rules: OrderingRules = ORDERING_RULES,
): OrderingVerdict {
  const named = event.predecessor_source_event_id;
  if (named !== null && !standing.applied_source_event_ids.includes(named)) return { kind: "hold", missing: named };

  const implied = rules[event.type]?.after ?? [];
  const hasPredecessor = implied.length === 0 || implied.some((type) => standing.applied_types.includes(type));
  if (!hasPredecessor) return { kind: "hold", missing: implied };

  return judgePreconditions(event, standing, rules);
}

/**
 * What to do with a held event when its timeout has passed: applied all the same where its preconditions hold (the caller
 * warns: APPLIED_WITH_WARNING), else reconciled (ROUTED_TO_RECONCILIATION). Never held again.
 */
export const timedOutVerdict = (
  event: OrderedEvent,
  standing: EntityStanding,
  rules: OrderingRules = ORDERING_RULES,
): Exclude<OrderingVerdict, { readonly kind: "hold" }> => judgePreconditions(event, standing, rules);

/** The standing after the event was applied. Asserts I1: a caller that applies on its own judgement is wrong. */
export function standingAfter(
  event: OrderedEvent,
  standing: EntityStanding,
  rules: OrderingRules = ORDERING_RULES,
): EntityStanding {
  const verdict = judgePreconditions(event, standing, rules);
  assert(verdict.kind === "apply", "only an event whose preconditions hold is applied");
  return {
    status: verdict.status,
    applied_types: [...standing.applied_types, event.type],
    applied_source_event_ids: [...standing.applied_source_event_ids, event.source_event_id],
  };
}

export interface Settlement<Event extends OrderedEvent> {
  /** In the order in which they are to be applied. */
  readonly applied: readonly Event[];
  readonly reconciled: readonly Event[];
  readonly held: readonly Event[];
  readonly standing: EntityStanding;
}

/**
 * Takes one entity's waiting events, given in the order of their `seq`, as far as they go: each applied event releases its
 * dependants at once and transitively, the earliest `seq` first. At most as many turns as events.
 */
export function settle<Event extends OrderedEvent>(
  waiting: readonly Event[],
  standing: EntityStanding,
  rules: OrderingRules = ORDERING_RULES,
): Settlement<Event> {
  const applied: Event[] = [];
  const reconciled: Event[] = [];
  let held = waiting;
  let current = standing;
  for (let turn = 0; turn < waiting.length; turn++) {
    const next = held.find((event) => orderingVerdict(event, current, rules).kind !== "hold");
    if (next === undefined) break;
    held = held.filter((event) => event !== next);
    if (orderingVerdict(next, current, rules).kind === "apply") {
      applied.push(next);
      current = standingAfter(next, current, rules);
    } else reconciled.push(next);
  }
  return { applied, reconciled, held, standing: current };
}

function judgePreconditions(
  { type }: OrderedEvent,
  { status }: EntityStanding,
  rules: OrderingRules,
): Exclude<OrderingVerdict, { readonly kind: "hold" }> {
  const rule = rules[type];
  if (rule === undefined) return { kind: "apply", status };
  if (!rule.from.some((allowed) => allowed === status))
    return { kind: "reconcile", expected: rule.from, found: status };
  return { kind: "apply", status: rule.to };
}
