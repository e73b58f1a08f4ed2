import { ORDER_GID } from "./call-context.ts";

const usd = (amount: string) => ({ shopMoney: { amount, currencyCode: "USD" } });

/** A paid order of one shirt, as the shop's API gives it. */
export const wireOrder = (changes: { readonly [member: string]: unknown } = {}) => ({
  id: ORDER_GID,
  name: "#1001",
  test: true,
  createdAt: "2026-01-20T10:00:00Z",
  cancelledAt: null,
  displayFinancialStatus: "PAID",
  tags: [],
  customAttributes: [],
  currentTotalPriceSet: usd("45.00"),
  transactions: [{ kind: "SALE", status: "SUCCESS", authorizationCode: "pi_1", amountSet: usd("45.00") }],
  shippingAddress: { countryCodeV2: "US" },
  lineItems: { nodes: [{ sku: "TEE-M", quantity: 1, originalUnitPriceSet: usd("45.00") }] },
  ...changes,
});

/** The person behind it. */
export const wireContact = (changes: { readonly [member: string]: unknown } = {}) => ({
  email: "buyer@test.example.com",
  shippingAddress: {
    name: "Test Buyer",
    address1: "1 Test Street",
    address2: null,
    city: "Testville",
    provinceCode: "CA",
    countryCodeV2: "US",
    zip: "90001",
  },
  ...changes,
});
