import { z } from "zod";

const delayMs = z.int().min(0);
/** 2xx too: Shopify reports an internal error with 200. */
const status = z.int().min(200).max(599);

/** What goes wrong. The effect is the change of the provider's state; the wire is what the client sees of it. */
const FAULT_ACTION = z.discriminatedUnion("kind", [
  /** The request waits, then takes effect and is answered as usual. */
  z.strictObject({ kind: z.literal("delay_before"), ms: delayMs }),
  /** The effect happens at once, the answer comes late. */
  z.strictObject({ kind: z.literal("delay_after_effect"), ms: delayMs }),
  /** The connection is reset and nothing happened. */
  z.strictObject({ kind: z.literal("drop_before_effect") }),
  /** The connection is reset although the effect happened. */
  z.strictObject({ kind: z.literal("drop_after_effect") }),
  /** An error in the provider's own shape: refused in front of the effect, or instead of its result. */
  z.strictObject({
    kind: z.literal("status"),
    status,
    after_effect: z.boolean().optional(),
    body: z.unknown().optional(),
  }),
  /** An error from a proxy in between, whose body is not the provider's. */
  z.strictObject({
    kind: z.literal("status_without_error_key"),
    status,
    after_effect: z.boolean().optional(),
    body: z.unknown().optional(),
  }),
  /** The provider's own rate-limit answer; nothing happened. */
  z.strictObject({ kind: z.literal("throttle") }),
  /** The effect happened; the answer's body breaks off in the middle. */
  z.strictObject({ kind: z.literal("malformed_json") }),
  /** The effect happened; the answer's body comes in pieces, `ms` between them. */
  z.strictObject({ kind: z.literal("slow_body"), ms: delayMs, pieces: z.int().min(2).max(100).optional() }),
  /** A request without an idempotency key takes effect twice; one with a key, once. */
  z.strictObject({ kind: z.literal("duplicate_effect_if_no_key") }),
  /** 503 for whatever matches, until it is cleared. */
  z.strictObject({ kind: z.literal("outage") }),
]);

export type FaultAction = z.infer<typeof FAULT_ACTION>;

/** Which requests a fault meets. Left out means any. */
export const FAULT_RULE = z.strictObject({
  method: z.string().optional(),
  /** Matched against the path without query: `*` is one segment, `**` any number. */
  path: z.string().optional(),
  /** A GraphQL root field, such as `refundCreate`. */
  operation: z.string().optional(),
  /** The first match that it applies to, from 1. Default 1. */
  nth: z.int().min(1).optional(),
  /** How many matches it applies to; 0 is all until cleared. Default 1. An outage is always until cleared. */
  count: z.int().min(0).optional(),
  action: FAULT_ACTION,
});

export type FaultRule = z.infer<typeof FAULT_RULE>;

/** A rule that was set, and how many requests it matched so far. */
export interface ArmedFault {
  readonly id: string;
  readonly rule: FaultRule;
  readonly matches: number;
}

interface FaultTarget {
  readonly method: string;
  readonly path: string;
  readonly operations: readonly string[];
}

const SPECIAL = /[.+?^${}()|[\]\\]/g;

const pathPattern = (glob: string): RegExp =>
  new RegExp(`^${glob.replace(SPECIAL, "\\$&").replace(/\*\*|\*/g, (stars) => (stars === "**" ? ".*" : "[^/]*"))}$`);

const matches = (rule: FaultRule, target: FaultTarget): boolean =>
  (rule.method === undefined || rule.method === target.method) &&
  (rule.path === undefined || pathPattern(rule.path).test(target.path)) &&
  (rule.operation === undefined || target.operations.includes(rule.operation));

/** Whether the `match`-th match (from 1) lies in the rule's range. */
const isDue = (rule: FaultRule, match: number): boolean => {
  const first = rule.nth ?? 1;
  const count = rule.action.kind === "outage" ? 0 : (rule.count ?? 1);
  return match >= first && (count === 0 || match < first + count);
};

/** The rules of one simulator. All matching rules count a request; the earliest set one that is due acts on it. */
export interface FaultTable {
  arm(rule: FaultRule): string;
  /** Removes one rule, or all. */
  clear(id?: string): void;
  armed(): readonly ArmedFault[];
  take(target: FaultTarget): FaultAction | undefined;
}

export function faultTable(): FaultTable {
  let armed: readonly ArmedFault[] = [];
  let made = 0;
  return {
    arm(rule) {
      made += 1;
      const id = `fault_${made}`;
      armed = [...armed, { id, rule, matches: 0 }];
      return id;
    },
    clear(id) {
      armed = id === undefined ? [] : armed.filter((fault) => fault.id !== id);
    },
    armed: () => armed,
    take(target) {
      const met = armed.filter((fault) => matches(fault.rule, target));
      armed = armed.map((fault) => (met.includes(fault) ? { ...fault, matches: fault.matches + 1 } : fault));
      return met.find((fault) => isDue(fault.rule, fault.matches + 1))?.rule.action;
    },
  };
}
