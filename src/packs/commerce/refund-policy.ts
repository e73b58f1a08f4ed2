import { after, type Instant, parseInstant } from "../../contracts/index.ts";

/** A refund request against what is known of its order. Amounts are minor units of the order's currency. */
export interface RefundCase {
  /** RFC 3339, when the order was placed. */
  readonly createdAt: string;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly disputed: boolean;
  readonly paymentIntent: string | null;
  /** Null asks for all that is left. */
  readonly requestedMinor: number | null;
}

export interface RefundTerms {
  /** Days after the order in which a refund is granted; the last moment is the end of the window, exclusive. */
  readonly windowDays: number;
  /** Most that one refund may return; null is no limit beside the captured amount. */
  readonly limitMinor: number | null;
}

export type RefundVerdict =
  | { readonly eligible: true; readonly amountMinor: number; readonly maxMinor: number }
  | { readonly eligible: false; readonly reason: RefundObstacle; readonly maxMinor: number };

export type RefundObstacle =
  | "no_payment"
  | "disputed"
  | "nothing_left"
  | "outside_window"
  | "over_limit"
  | "over_balance"
  | "amount_not_positive"
  | "order_date_unreadable";

const MS_PER_DAY = 86_400_000;

/** Whether the terms grant the refund, and of how much. The first obstacle is named. */
export function judgeRefund(request: RefundCase, terms: RefundTerms, now: Instant): RefundVerdict {
  const left = Math.max(0, request.capturedMinor - request.refundedMinor);
  const maxMinor = Math.min(left, terms.limitMinor ?? left);
  const amountMinor = request.requestedMinor ?? maxMinor;
  const reason = obstacle(request, terms, { now, left, maxMinor, amountMinor });
  return reason === null ? { eligible: true, amountMinor, maxMinor } : { eligible: false, reason, maxMinor };
}

interface Sums {
  readonly now: Instant;
  readonly left: number;
  readonly maxMinor: number;
  readonly amountMinor: number;
}

function obstacle(request: RefundCase, terms: RefundTerms, sums: Sums): RefundObstacle | null {
  const createdAt = parseInstant(request.createdAt);
  if (createdAt === undefined) return "order_date_unreadable";
  if (request.paymentIntent === null) return "no_payment";
  if (request.disputed) return "disputed"; // the bank returns the money; a refund would return it twice
  if (sums.left === 0) return "nothing_left";
  if (sums.now >= after(createdAt, terms.windowDays * MS_PER_DAY)) return "outside_window";
  if (sums.amountMinor <= 0) return "amount_not_positive";
  if (sums.amountMinor > sums.left) return "over_balance";
  return sums.amountMinor > sums.maxMinor ? "over_limit" : null;
}
