import { expect, test } from "vitest";
import { rejection, stripeClient, useBench } from "./bench.ts";

const bench = useBench();

const QUOTE = {
  currency: "usd",
  line_items: [{ amount: 5_000, reference: "TEE-BLK-M", tax_behavior: "exclusive" as const }],
  customer_details: {
    address: { country: "US", state: "CA", postal_code: "90001", line1: "1 Test Street", city: "Springfield" },
    address_source: "shipping" as const,
  },
};
const NINETY_DAYS_MS = 90 * 24 * 3_600_000;

test("tax is quoted on top of the lines and the shipping", async () => {
  const stripe = stripeClient(bench());

  const quote = await stripe.tax.calculations.create({
    ...QUOTE,
    shipping_cost: { amount: 500 },
    expand: ["line_items"],
  });

  expect(quote).toMatchObject({ object: "tax.calculation", tax_amount_exclusive: 399, amount_total: 5_899 });
  expect(quote.line_items?.data).toMatchObject([{ reference: "TEE-BLK-M", amount: 5_000, amount_tax: 363 }]);
  expect(quote.tax_breakdown).toMatchObject([{ tax_rate_details: { state: "CA", percentage_decimal: "7.25" } }]);
});

test("lines are in the answer only when they are expanded", async () => {
  const stripe = stripeClient(bench());

  const quote = await stripe.tax.calculations.create(QUOTE);

  expect(quote.line_items).toBeUndefined();
});

test("tax that is contained in the price is not added", async () => {
  const stripe = stripeClient(bench());
  const german = { country: "DE", postal_code: "10115", line1: "Teststr. 1", city: "Berlin" };

  const quote = await stripe.tax.calculations.create({
    currency: "eur",
    line_items: [{ amount: 11_900, reference: "L1", tax_behavior: "inclusive" }],
    customer_details: { address: german, address_source: "shipping" },
  });

  expect(quote).toMatchObject({ tax_amount_exclusive: 0, tax_amount_inclusive: 1_900, amount_total: 11_900 });
});

test("a quote is committed once: its reference is unique", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.tax.calculations.create(QUOTE);
  const calculation = id ?? "";

  const transaction = await stripe.tax.transactions.createFromCalculation({ calculation, reference: "order-1001" });
  const again = await rejection(
    stripe.tax.transactions.createFromCalculation({ calculation, reference: "order-1001" }),
  );

  expect(transaction).toMatchObject({ object: "tax.transaction", type: "transaction", reference: "order-1001" });
  expect(transaction).not.toHaveProperty("sim_total");
  expect(again).toMatchObject({ statusCode: 400, param: "reference" });
});

test("a reversal takes back at most what is left", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.tax.calculations.create(QUOTE);
  const { id: original_transaction } = await stripe.tax.transactions.createFromCalculation({
    calculation: id ?? "",
    reference: "order-1001",
  });

  const part = await stripe.tax.transactions.createReversal({
    mode: "partial",
    original_transaction,
    reference: "refund-1",
    flat_amount: -1_000,
  });
  const tooMuch = await rejection(
    stripe.tax.transactions.createReversal({
      mode: "partial",
      original_transaction,
      reference: "refund-2",
      flat_amount: -5_000,
    }),
  );
  await stripe.tax.transactions.createReversal({ mode: "full", original_transaction, reference: "refund-3" });
  const nothingLeft = await rejection(
    stripe.tax.transactions.createReversal({ mode: "full", original_transaction, reference: "refund-4" }),
  );

  expect(part).toMatchObject({ type: "reversal", reversal: { original_transaction } });
  expect([tooMuch, nothingLeft]).toMatchObject([{ statusCode: 400 }, { statusCode: 400 }]);
});

test("an expired quote cannot be committed", async () => {
  const stripe = stripeClient(bench());
  const { id } = await stripe.tax.calculations.create(QUOTE);

  bench().host.clock.advance(NINETY_DAYS_MS);
  const late = await rejection(
    stripe.tax.transactions.createFromCalculation({ calculation: id ?? "", reference: "x" }),
  );

  expect(late).toMatchObject({ statusCode: 400, param: "calculation" });
});

test("an American address needs a postal code or a state", async () => {
  const stripe = stripeClient(bench());
  const customer_details = { address: { country: "US" }, address_source: "shipping" as const };

  const refused = await rejection(stripe.tax.calculations.create({ ...QUOTE, customer_details }));

  expect(refused).toMatchObject({ statusCode: 400, code: "customer_tax_location_invalid" });
});
