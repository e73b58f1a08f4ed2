/** What Stripe's test payment methods do; from the table of its testing guide. */
export type CardBehaviour =
  | { readonly kind: "ok"; readonly later?: "dispute" | "pending_refund" | "refund_fails" }
  | { readonly kind: "challenge" }
  | { readonly kind: "decline"; readonly code: string; readonly decline_code: string | null; readonly message: string };

export interface TestCard {
  readonly brand: string;
  readonly last4: string;
  readonly behaviour: CardBehaviour;
}

const DECLINED = "Your card was declined.";

const card = (last4: string, behaviour: CardBehaviour, brand = "visa"): TestCard => ({ brand, last4, behaviour });
const decline = (decline_code: string, message = DECLINED): CardBehaviour => ({
  kind: "decline",
  code: "card_declined",
  decline_code,
  message,
});
const refusal = (code: string, message: string): CardBehaviour => ({
  kind: "decline",
  code,
  decline_code: null,
  message,
});

const OK: CardBehaviour = { kind: "ok" };

const TEST_CARDS: Readonly<Record<string, TestCard>> = {
  pm_card_visa: card("4242", OK),
  pm_card_mastercard: card("4444", OK, "mastercard"),
  pm_card_amex: card("8431", OK, "amex"),
  pm_card_visa_chargeDeclined: card("0002", decline("generic_decline")),
  pm_card_visa_chargeDeclinedInsufficientFunds: card(
    "9995",
    decline("insufficient_funds", "Your card has insufficient funds."),
  ),
  pm_card_visa_chargeDeclinedLostCard: card("9987", decline("lost_card")),
  pm_card_visa_chargeDeclinedStolenCard: card("9979", decline("stolen_card")),
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: card(
    "6975",
    decline("card_velocity_exceeded", "Your card was declined for making repeated attempts too frequently."),
  ),
  pm_card_chargeDeclinedFraudulent: card("0019", decline("fraudulent")),
  pm_card_chargeDeclinedExpiredCard: card("0069", refusal("expired_card", "Your card has expired.")),
  pm_card_chargeDeclinedIncorrectCvc: card("0127", refusal("incorrect_cvc", "Your card's security code is incorrect.")),
  pm_card_chargeDeclinedProcessingError: card(
    "0119",
    refusal("processing_error", "An error occurred while processing your card. Try again in a little bit."),
  ),
  pm_card_authenticationRequired: card("3155", { kind: "challenge" }),
  pm_card_authenticationRequiredOnSetup: card("3155", { kind: "challenge" }),
  pm_card_chargeCustomerFail: card("0341", decline("generic_decline")),
  pm_card_createDispute: card("0259", { kind: "ok", later: "dispute" }),
  pm_card_pendingRefund: card("7726", { kind: "ok", later: "pending_refund" }),
  pm_card_refundFail: card("5126", { kind: "ok", later: "refund_fails" }),
};

/** `undefined`: there is no such test payment method. */
export const findTestCard = (paymentMethod: string): TestCard | undefined =>
  Object.hasOwn(TEST_CARDS, paymentMethod) ? TEST_CARDS[paymentMethod] : undefined;
