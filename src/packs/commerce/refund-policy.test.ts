import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { instant, after as later, parseInstant } from "../../contracts/index.ts";
import { judgeRefund, type RefundCase } from "./refund-policy.ts";

const PLACED = parseInstant("2026-01-01T10:00:00Z") ?? instant(0);
const DAY_MS = 86_400_000;
const TERMS = { windowDays: 30, limitMinor: null };

const request = (changes: Partial<RefundCase> = {}): RefundCase => ({
  createdAt: "2026-01-01T10:00:00Z",
  capturedMinor: 4500,
  refundedMinor: 0,
  disputed: false,
  paymentIntent: "pi_1",
  requestedMinor: 2000,
  ...changes,
});

describe("the refund policy", () => {
  test("a request inside window and balance is granted as asked", () => {
    expect(judgeRefund(request(), TERMS, later(PLACED, DAY_MS))).toEqual({
      eligible: true,
      amountMinor: 2000,
      maxMinor: 4500,
    });
  });

  test("without an amount, all that is left is granted", () => {
    const verdict = judgeRefund(request({ requestedMinor: null, refundedMinor: 500 }), TERMS, PLACED);

    expect(verdict).toEqual({ eligible: true, amountMinor: 4000, maxMinor: 4000 });
  });

  test("the window is open until its last millisecond and closed at its end", () => {
    const end = later(PLACED, 30 * DAY_MS);

    expect(judgeRefund(request(), TERMS, later(end, -1)).eligible).toBe(true);
    expect(judgeRefund(request(), TERMS, end)).toMatchObject({ eligible: false, reason: "outside_window" });
  });

  test.each([
    ["disputed", request({ disputed: true })],
    ["no_payment", request({ paymentIntent: null })],
    ["nothing_left", request({ refundedMinor: 4500 })],
    ["over_balance", request({ requestedMinor: 4501 })],
    ["amount_not_positive", request({ requestedMinor: 0 })],
    ["order_date_unreadable", request({ createdAt: "yesterday" })],
  ] as const)("%s is refused", (reason, asked) => {
    expect(judgeRefund(asked, TERMS, PLACED)).toMatchObject({ eligible: false, reason });
  });

  test("more than the shop's limit is refused although the balance would allow it", () => {
    const verdict = judgeRefund(request({ requestedMinor: 3001 }), { ...TERMS, limitMinor: 3000 }, PLACED);

    expect(verdict).toEqual({ eligible: false, reason: "over_limit", maxMinor: 3000 });
  });

  test("never grants more than what was captured and not yet refunded", () => {
    const amount = fc.integer({ min: 0, max: 10_000 });
    const cases = fc.record({ captured: amount, refunded: amount, asked: fc.option(amount), limit: fc.option(amount) });

    fc.assert(
      fc.property(cases, ({ captured, refunded, asked, limit }) => {
        const asking = request({ capturedMinor: captured, refundedMinor: refunded, requestedMinor: asked });
        const verdict = judgeRefund(asking, { ...TERMS, limitMinor: limit }, PLACED);
        if (!verdict.eligible) return;
        expect(verdict.amountMinor).toBeGreaterThan(0);
        expect(verdict.amountMinor).toBeLessThanOrEqual(captured - refunded);
        if (limit !== null) expect(verdict.amountMinor).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
