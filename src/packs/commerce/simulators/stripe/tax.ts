import type { Json, JsonObject } from "../../../../contracts/index.ts";
import { listAt, objectAt, textAt } from "../wire/wire-json.ts";
import { type Answer, failed, invalid, ok, unknownReference } from "./answer.ts";
import type { TaxCalculation, TaxLine, TaxTransaction } from "./objects.ts";
import { integerParam, type ParamRules, paramProblem, textsParam } from "./params.ts";
import { type Account, unixSeconds } from "./store.ts";
import { exclusiveTax, inclusiveTax, percentText, taxRateBasisPoints } from "./tax-rates.ts";

const CALCULATE: ParamRules = {
  currency: { kind: "text", required: true },
  line_items: { kind: "list", required: true },
  customer: { kind: "text" },
  customer_details: { kind: "hash" },
  shipping_cost: { kind: "hash" },
  ship_from_details: { kind: "hash" },
  tax_date: { kind: "integer" },
};

/** A quote can be committed for ninety days. */
const QUOTE_SECONDS = 90 * 24 * 3_600;
const TANGIBLE_GOODS = "txcd_99999999";
const SHIPPING = "txcd_92010001";

function addressProblem(params: JsonObject): Answer | undefined {
  const details = objectAt(params, "customer_details");
  const address = objectAt(details, "address");
  const param = "customer_details[address]";
  if (textAt(address, "country") === undefined)
    return invalid("Missing required param: customer_details[address][country].", { code: "parameter_missing", param });
  if (textAt(details, "address_source") === undefined)
    return invalid("Missing required param: customer_details[address_source].", {
      code: "parameter_missing",
      param: "customer_details[address_source]",
    });
  const located = textAt(address, "postal_code") ?? textAt(address, "state");
  if (textAt(address, "country") !== "US" || located !== undefined) return undefined;
  return invalid("We could not determine the customer's tax location based on the provided customer address.", {
    code: "customer_tax_location_invalid",
    param,
  });
}

function lineProblem(lines: readonly Json[]): Answer | undefined {
  const bad = lines.findIndex((line) => !/^-?\d{1,12}$/.test(textAt(line, "amount") ?? ""));
  if (bad === -1) return undefined;
  const param = `line_items[${bad}][amount]`;
  return invalid(`Missing required param: ${param}.`, { code: "parameter_missing", param });
}

const behaviourOf = (hash: Json): "exclusive" | "inclusive" =>
  textAt(hash, "tax_behavior") === "inclusive" ? "inclusive" : "exclusive";

const taxOf = (amount: number, behaviour: "exclusive" | "inclusive", rate: number): number =>
  behaviour === "inclusive" ? inclusiveTax(amount, rate) : exclusiveTax(amount, rate);

/** Quotes the tax of some lines at an address. `line_items` are in the answer only when expanded. */
export function calculateTax(account: Account, params: JsonObject): Answer {
  const lines = listAt(params, "line_items");
  const problem = paramProblem(params, CALCULATE) ?? addressProblem(params) ?? lineProblem(lines);
  if (problem !== undefined) return problem;
  const calculation = quote(account, params, lines);
  account.store.tax_calculations.set(calculation.id, calculation);
  return ok(withLines(calculation, params));
}

/** The calculation as answered: its lines are an expandable member. */
export function withLines(calculation: TaxCalculation, params: JsonObject): object {
  const { line_items, ...rest } = calculation;
  return listAt(params, "expand").includes("line_items") ? { ...rest, line_items } : rest;
}

function quote({ clock, ids }: Account, params: JsonObject, given: readonly Json[]): TaxCalculation {
  const id = ids.token("taxcalc_1", 23);
  const details = objectAt(params, "customer_details");
  const address = objectAt(details, "address");
  const country = textAt(address, "country") ?? "";
  const state = textAt(address, "state") ?? "";
  const rate = taxRateBasisPoints(country, state);
  const data = given.map((line, index) => quotedLine(line, { id: ids.token("tax_li_", 14), index, rate }));
  const shipping = params.shipping_cost === undefined ? null : quotedShipping(objectAt(params, "shipping_cost"), rate);
  const taxed = shipping === null ? data : [...data, shipping];
  const sum = (behaviour: "exclusive" | "inclusive"): number =>
    taxed.filter((line) => line.tax_behavior === behaviour).reduce((total, line) => total + line.amount_tax, 0);
  const exclusive = sum("exclusive");
  const now = unixSeconds(clock);
  return {
    id,
    object: "tax.calculation",
    amount_total: taxed.reduce((total, line) => total + line.amount, 0) + exclusive,
    currency: (textAt(params, "currency") ?? "").toLowerCase(),
    customer: null,
    customer_details: { ...details, ip_address: null, tax_ids: [], taxability_override: "none" },
    expires_at: now + QUOTE_SECONDS,
    line_items: { object: "list", url: `/v1/tax/calculations/${id}/line_items`, has_more: false, data },
    livemode: false,
    shipping_cost: shipping,
    tax_amount_exclusive: exclusive,
    tax_amount_inclusive: sum("inclusive"),
    tax_breakdown: [breakdown({ country, state, rate, taxed })],
    tax_date: now,
  };
}

function quotedLine(line: Json, made: { readonly id: string; readonly index: number; readonly rate: number }): TaxLine {
  const amount = Number(textAt(line, "amount"));
  const tax_behavior = behaviourOf(line);
  return {
    id: made.id,
    object: "tax.calculation_line_item",
    amount,
    amount_tax: taxOf(amount, tax_behavior, made.rate),
    livemode: false,
    product: textAt(line, "product") ?? null,
    quantity: Number(textAt(line, "quantity") ?? "1"),
    reference: textAt(line, "reference") ?? `L${made.index + 1}`,
    tax_behavior,
    tax_code: textAt(line, "tax_code") ?? TANGIBLE_GOODS,
  };
}

function quotedShipping(cost: JsonObject, rate: number): NonNullable<TaxCalculation["shipping_cost"]> {
  const amount = integerParam(cost, "amount") ?? 0;
  const tax_behavior = behaviourOf(cost);
  const tax_code = textAt(cost, "tax_code") ?? SHIPPING;
  return { amount, amount_tax: taxOf(amount, tax_behavior, rate), tax_behavior, tax_code };
}

const breakdown = (at: {
  readonly country: string;
  readonly state: string;
  readonly rate: number;
  readonly taxed: readonly { readonly amount: number; readonly amount_tax: number }[];
}): object => ({
  amount: at.taxed.reduce((total, line) => total + line.amount_tax, 0),
  inclusive: false,
  tax_rate_details: {
    country: at.country,
    state: at.state === "" ? null : at.state,
    percentage_decimal: percentText(at.rate),
    tax_type: at.country === "US" ? "sales_tax" : "vat",
  },
  taxability_reason: at.rate === 0 ? "not_collecting" : "standard_rated",
  taxable_amount: at.rate === 0 ? 0 : at.taxed.reduce((total, line) => total + line.amount, 0),
});

const COMMIT: ParamRules = {
  calculation: { kind: "text", required: true },
  reference: { kind: "text", required: true },
  metadata: { kind: "hash" },
  posted_at: { kind: "integer" },
};

const referenceTaken = ({ store }: Account, reference: string): boolean =>
  [...store.tax_transactions.values()].some((transaction) => transaction.reference === reference);

const duplicateReference = (reference: string): Answer =>
  failed(400, {
    type: "invalid_request_error",
    code: "resource_already_exists",
    message: `A tax transaction with reference ${reference} already exists. References must be unique across all transactions, including reversals.`,
    param: "reference",
  });

/** Commits a quote; the reference is its natural protection against a second commit. */
export function commitTax(account: Account, params: JsonObject): Answer {
  const problem = paramProblem(params, COMMIT);
  if (problem !== undefined) return problem;
  const calculationId = textAt(params, "calculation") ?? "";
  const reference = textAt(params, "reference") ?? "";
  const calculation = account.store.tax_calculations.get(calculationId);
  if (calculation === undefined) return unknownReference("tax calculation", calculationId, "calculation");
  if (calculation.expires_at <= unixSeconds(account.clock))
    return failed(400, {
      type: "invalid_request_error",
      message: "The tax calculation has expired.",
      param: "calculation",
    });
  if (referenceTaken(account, reference)) return duplicateReference(reference);
  return kept(account, params, { currency: calculation.currency, reversal: null, sim_total: calculation.amount_total });
}

const REVERSE: ParamRules = {
  mode: { kind: "text", required: true, oneOf: ["full", "partial"] },
  original_transaction: { kind: "text", required: true },
  reference: { kind: "text", required: true },
  flat_amount: { kind: "integer" },
  metadata: { kind: "hash" },
};

/** Reverses all of a committed transaction, or a flat (negative) amount of it; never more than is left. */
export function reverseTax(account: Account, params: JsonObject): Answer {
  const problem = paramProblem(params, REVERSE);
  if (problem !== undefined) return problem;
  const originalId = textAt(params, "original_transaction") ?? "";
  const original = account.store.tax_transactions.get(originalId);
  if (original === undefined) return unknownReference("tax transaction", originalId, "original_transaction");
  const reference = textAt(params, "reference") ?? "";
  if (referenceTaken(account, reference)) return duplicateReference(reference);
  const left = original.sim_total + reversedOf(account, originalId);
  const sim_total = params.mode === "full" ? -left : integerParam(params, "flat_amount");
  if (sim_total === undefined || sim_total >= 0 || left + sim_total < 0)
    return failed(400, {
      type: "invalid_request_error",
      message: "The reversal must be negative and not exceed what is left of the original transaction.",
      param: params.mode === "full" ? "original_transaction" : "flat_amount",
    });
  return kept(account, params, {
    currency: original.currency,
    reversal: { original_transaction: originalId },
    sim_total,
  });
}

const reversedOf = ({ store }: Account, originalId: string): number =>
  [...store.tax_transactions.values()]
    .filter((transaction) => transaction.reversal?.original_transaction === originalId)
    .reduce((total, transaction) => total + transaction.sim_total, 0);

function kept(
  { store, clock, ids }: Account,
  params: JsonObject,
  own: Pick<TaxTransaction, "currency" | "reversal" | "sim_total">,
): Answer {
  const now = unixSeconds(clock);
  const transaction: TaxTransaction = {
    id: ids.token("tax_1", 23),
    object: "tax.transaction",
    created: now,
    livemode: false,
    metadata: textsParam(params, "metadata"),
    reference: textAt(params, "reference") ?? "",
    tax_date: now,
    type: own.reversal === null ? "transaction" : "reversal",
    ...own,
  };
  store.tax_transactions.set(transaction.id, transaction);
  const { sim_total: _, ...wire } = transaction;
  return ok(wire);
}
