import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../contracts/index.ts";
import { compileRedaction, redact } from "../../ledger/index.ts";
import { commercePack } from "./pack.ts";
import { KEY, ORDER_ID } from "./testing/call-context.ts";

const contracts = commercePack().pack.tools;

/** What the kernel would store of a document of a tool. */
function stored(tool: string, side: "input" | "output", document: JsonObject): unknown {
  const contract = contracts[tool];
  const schema = side === "input" ? contract?.input_schema : contract?.output_schema;
  const rules = compileRedaction({ schema: schema ?? {}, sensitive: [], allowlist: null });
  if (!rules.ok) throw new Error(rules.refusal.message);
  const redacted = redact(document, rules.value, { entry_id: null, step_id: "s", tool, salt: new Uint8Array(32) });
  return redacted.kind === "clean" ? redacted.value : redacted;
}

describe("what tools take and give reaches the record unharmed", () => {
  const lines = [{ sku: "TEE-BLK-M", quantity: 1, unit_cents: 4500 }];
  const refund = { amount_cents: 2000, currency: "USD", payment_intent: "pi_3NvXy2LkdIwHu7ix0ZzQ8aBc" };

  test.each([
    ["validateOrder", "input", { order_id: ORDER_ID }],
    [
      "validateOrder",
      "output",
      { order_id: ORDER_ID, valid: true, reasons: [], currency: "USD", total_cents: 4500, country: "US", lines },
    ],
    ["calculateTax", "output", { tax_cents: 363, total_cents: 4863, calculation: "taxcalc_1NvXy2LkdIwHu7ix0ZzQ8aBc" }],
    ["createFulfillment", "input", { order_id: ORDER_ID, items: lines }],
    ["createFulfillment", "output", { fulfillment_id: "shop_abc_ful_4242424242424242", status: "pending" }],
    ["sendConfirmation", "output", { notification_id: KEY, message_id: "xKQv1LmZT9yQ2b7n4rWdPA" }],
    ["executeRefund", "input", { order_id: ORDER_ID, reason: "damaged", ...refund }],
    [
      "executeRefund",
      "output",
      {
        refund_id: "shop_abc_ref_re_3NvXy2LkdIwHu7ix0ZzQ8aBc",
        amount_cents: 1,
        currency: "USD",
        status: "succeeded",
        refunded_cents: 1,
      },
    ],
    ["createSupportTicket", "output", { ticket_id: `shop_abc_tkt_${KEY.slice(0, 20)}` }],
    [
      "lookupShipment",
      "output",
      {
        order_id: ORDER_ID,
        status: "shipped",
        delivery_status: null,
        carrier: "UPS",
        tracking_number: "1Z999AA10123456784",
      },
    ],
  ] as const)("%s %s", (tool, side, document) => {
    expect(stored(tool, side, document)).toEqual(document);
  });
});
