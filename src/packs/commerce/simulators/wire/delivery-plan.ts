import { z } from "zod";

const MODE = z.enum(["auto", "hold", "drop"]);
const SECRET = z.enum(["current", "previous", "both", "wrong"]);
const ALTER = z.strictObject({ find: z.string().min(1), replace: z.string() });
const COPIES = z.int().min(1).max(100);

/** How a delivery is sent; the plain one is what an honest provider does. */
export interface DeliveryPlan {
  /** The same delivery this many times. */
  readonly copies: number;
  /** The body is changed after it was signed: the first `find` becomes `replace`. */
  readonly alter: { readonly find: string; readonly replace: string } | null;
  /** How far in the past the signed time lies. */
  readonly stale_ms: number;
  /** Which secret signs. `both` is a rotation where the provider can sign twice (Stripe), else the current one. */
  readonly secret: "current" | "previous" | "both" | "wrong";
}

export const PLAIN_DELIVERY: DeliveryPlan = { copies: 1, alter: null, stale_ms: 0, secret: "current" };

export interface WebhookSettings {
  /** `auto` delivers at once, `hold` waits for `release`, `drop` loses everything. */
  readonly mode: "auto" | "hold" | "drop";
  /** Where webhooks go; null when nobody listens yet. */
  readonly target: string | null;
}

const PLAN_CHANGE = z.strictObject({
  copies: COPIES.exactOptional(),
  alter: ALTER.nullable().exactOptional(),
  stale_ms: z.int().exactOptional(),
  secret: SECRET.exactOptional(),
});

/** What `POST /__sim/webhooks` takes. */
export const WEBHOOK_CHANGE = PLAN_CHANGE.extend({
  mode: MODE.exactOptional(),
  target: z.url().nullable().exactOptional(),
});

/** What `POST /__sim/webhooks/release` takes. */
export const RELEASE = PLAN_CHANGE.extend({
  order: z.union([z.enum(["emitted", "reversed"]), z.array(z.string()).max(10_000)]).exactOptional(),
});
