import { formatInstant, type Instant, type Json } from "../../contracts/index.ts";
import type { KeyedEvent } from "./self-heal.ts";

/** What one takeover made true, in the words of its events. */
export interface TakeoverFacts {
  readonly task: string;
  readonly run: string;
  readonly takeoverAt: Instant;
  readonly at: Instant;
  /** The decision's, or `MANUAL_TAKEOVER`. */
  readonly reasonCode: string;
  readonly adopted: readonly string[];
  readonly failed: readonly string[];
  /** Under a policy that recovers, what goes on under a fresh lease. */
  readonly resumed: readonly string[];
  /** What else the report says. */
  readonly report: { readonly [member: string]: Json };
}

/** The events of a takeover, in their order: the takeover, each step adopted, each step lost, the fresh lease. */
export function takeoverEvents(facts: TakeoverFacts): readonly KeyedEvent[] {
  const { task, run, takeoverAt, at, reasonCode, resumed } = facts;
  const takeover_at = formatInstant(takeoverAt);
  const adopted = ordered(facts.adopted);
  const failed = ordered(facts.failed);
  const key = (what: string, step: string) => `${what}:${task}:${run}:${step}:${takeover_at}`;
  return [
    {
      event: {
        type: "lease.taken_over",
        at,
        step: null,
        severity: "info",
        payload: {
          takeover_at,
          adopted_step_ids: adopted,
          failed_step_ids: failed,
          reason_code: reasonCode,
          ...facts.report,
        },
      },
      dedupKey: `succession:${task}:${run}:${takeover_at}`,
    },
    ...adopted.map((step) => ({
      event: {
        type: "lease.adopted",
        at,
        step,
        severity: "info" as const,
        payload: { operation: "LEASE_ADOPTED", reason_code: "VALID_UNEXPIRED_LEASE", takeover_at },
      },
      dedupKey: key("lease-adopted", step),
    })),
    ...failed.map((step) => ({
      event: {
        type: "lease.not_adopted",
        at,
        step,
        severity: "error" as const,
        payload: { reason_code: "LEASE_NOT_ADOPTED", lease_from: "ACTIVE", lease_to: "EXPIRED", takeover_at },
      },
      dedupKey: key("step-failed", step),
    })),
    ...(resumed.length === 0 ? [] : [freshLease(facts, takeover_at)]),
  ];
}

const freshLease = ({ task, run, at, resumed }: TakeoverFacts, takeover_at: string): KeyedEvent => ({
  event: {
    type: "lease.registered",
    at,
    step: null,
    severity: "info",
    payload: {
      operation: "LEASE_REGISTERED",
      reason_code: "RECOVERED_UNDER_FRESH_LEASE",
      resumed_step_ids: ordered(resumed),
      takeover_at,
    },
  },
  dedupKey: `lease-registered:${task}:${run}:${takeover_at}`,
});

/** Step lists are ordered and unique. */
const ordered = (steps: readonly string[]): string[] => [...new Set(steps)].toSorted();
