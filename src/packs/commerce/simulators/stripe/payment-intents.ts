import type { JsonObject } from "../../../../contracts/index.ts";
import { objectAt, textAt } from "../wire/wire-json.ts";
import { type Answer, failed, invalid, missing, ok, unknownReference } from "./answer.ts";
import { attemptPayment } from "./authorisation.ts";
import type { PaymentIntent } from "./objects.ts";
import { booleanParam, integerParam, type ParamRules, paramProblem, textsParam } from "./params.ts";
import { findTestCard } from "./payment-methods.ts";
import { type Account, saveIntent, unixSeconds } from "./store.ts";

const METHOD_CHOICE: ParamRules = {
  allowed_payment_method_types: { kind: "list" },
  excluded_payment_method_types: { kind: "list" },
  automatic_payment_methods: { kind: "hash" },
};

const CONFIRMATION: ParamRules = {
  payment_method: { kind: "text" },
  return_url: { kind: "text" },
  error_on_requires_action: { kind: "boolean" },
  off_session: { kind: "boolean" },
};

const CREATE: ParamRules = {
  amount: { kind: "integer", required: true, min: 1 },
  currency: { kind: "text", required: true },
  capture_method: { kind: "text", oneOf: ["automatic", "automatic_async", "manual"] },
  confirm: { kind: "boolean" },
  customer: { kind: "text" },
  description: { kind: "text" },
  metadata: { kind: "hash" },
  receipt_email: { kind: "text" },
  shipping: { kind: "hash" },
  statement_descriptor: { kind: "text" },
  ...METHOD_CHOICE,
  ...CONFIRMATION,
};

/** The smallest charge Stripe takes in US dollars; other currencies have minima of the same order. */
const AMOUNT_MIN = 50;
const AMOUNT_MAX = 99_999_999;

/** Removed from the API in `2026-09-30.endive`. */
function methodChoiceProblem(params: JsonObject): Answer | undefined {
  if (params.payment_method_types !== undefined)
    return invalid(
      "The payment_method_types parameter is no longer supported. Use allowed_payment_method_types, excluded_payment_method_types or automatic_payment_methods instead.",
      { code: "payment_method_types_no_longer_supported", param: "payment_method_types" },
    );
  const given = Object.keys(METHOD_CHOICE).filter((name) => params[name] !== undefined);
  return given.length < 2 ? undefined : invalid(`You may only specify one of these parameters: ${given.join(", ")}.`);
}

function amountProblem(amount: number): Answer | undefined {
  if (amount < AMOUNT_MIN)
    return invalid("Amount must be at least $0.50 usd", { code: "amount_too_small", param: "amount" });
  if (amount > AMOUNT_MAX)
    return invalid("Amount must be no more than $999,999.99", { code: "amount_too_large", param: "amount" });
  return undefined;
}

const methodProblem = (method: string | undefined): Answer | undefined =>
  method === undefined || findTestCard(method) !== undefined
    ? undefined
    : unknownReference("PaymentMethod", method, "payment_method");

/** Creates, and with `confirm` also confirms, a payment intent. */
export function createPaymentIntent(account: Account, params: JsonObject): Answer {
  const amount = integerParam(params, "amount") ?? 0;
  const currency = textAt(params, "currency")?.toLowerCase() ?? "";
  const problem =
    methodChoiceProblem(params) ??
    paramProblem(params, CREATE) ??
    amountProblem(amount) ??
    (/^[a-z]{3}$/.test(currency) ? undefined : invalid(`Invalid currency: ${currency}.`, { param: "currency" })) ??
    methodProblem(textAt(params, "payment_method"));
  if (problem !== undefined) return problem;
  const intent = newIntent(account, params, { amount, currency });
  const confirming = booleanParam(params, "confirm") ? confirmationProblem(intent, params) : undefined;
  if (confirming !== undefined) return confirming;
  saveIntent(account, intent);
  account.announce("payment_intent.created", intent);
  return booleanParam(params, "confirm") ? attemptPayment(account, intent, params) : ok(intent);
}

function newIntent(
  { clock, ids }: Account,
  params: JsonObject,
  { amount, currency }: { readonly amount: number; readonly currency: string },
): PaymentIntent {
  const id = ids.token("pi_3", 23);
  const method = textAt(params, "payment_method") ?? null;
  const capture = textAt(params, "capture_method");
  return {
    id,
    object: "payment_intent",
    amount,
    amount_capturable: 0,
    amount_received: 0,
    automatic_payment_methods: automaticMethods(params),
    canceled_at: null,
    cancellation_reason: null,
    capture_method: capture === "manual" || capture === "automatic" ? capture : "automatic_async",
    client_secret: `${id}_secret_${ids.token("", 25)}`,
    confirmation_method: "automatic",
    created: unixSeconds(clock),
    currency,
    customer: textAt(params, "customer") ?? null,
    description: textAt(params, "description") ?? null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    metadata: textsParam(params, "metadata"),
    next_action: null,
    payment_method: method,
    receipt_email: textAt(params, "receipt_email") ?? null,
    statement_descriptor: textAt(params, "statement_descriptor") ?? null,
    status: method === null ? "requires_payment_method" : "requires_confirmation",
  };
}

/** Unless the caller limits the methods, the account's own apply, and those may redirect. */
function automaticMethods(params: JsonObject): PaymentIntent["automatic_payment_methods"] {
  if (params.allowed_payment_method_types !== undefined) return null;
  const given = objectAt(params, "automatic_payment_methods");
  return { enabled: given.enabled !== "false", allow_redirects: textAt(given, "allow_redirects") ?? "always" };
}

function confirmationProblem(intent: PaymentIntent, params: JsonObject): Answer | undefined {
  const mayRedirect = intent.automatic_payment_methods?.allow_redirects === "always";
  if (mayRedirect && textAt(params, "return_url") === undefined)
    return invalid(
      "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.",
    );
  if (textAt(params, "payment_method") === undefined && intent.payment_method === null)
    return invalid(
      "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.",
      { code: "payment_intent_unexpected_state" },
    );
  return undefined;
}

const CONFIRMABLE: readonly string[] = ["requires_payment_method", "requires_confirmation", "requires_action"];

export function confirmPaymentIntent(account: Account, id: string, params: JsonObject): Answer {
  const intent = account.store.payment_intents.get(id);
  if (intent === undefined) return missing("payment_intent", id, "intent");
  const problem =
    methodChoiceProblem(params) ??
    paramProblem(params, { ...CONFIRMATION, ...METHOD_CHOICE }) ??
    methodProblem(textAt(params, "payment_method"));
  if (problem !== undefined) return problem;
  if (!CONFIRMABLE.includes(intent.status)) return unexpectedState(intent, "confirmed", CONFIRMABLE);
  return confirmationProblem(intent, params) ?? attemptPayment(account, intent, params);
}

const UPDATE: ParamRules = {
  description: { kind: "text" },
  metadata: { kind: "hash" },
  receipt_email: { kind: "text" },
  payment_method: { kind: "text" },
  shipping: { kind: "hash" },
};

export function updatePaymentIntent(account: Account, id: string, params: JsonObject): Answer {
  const intent = account.store.payment_intents.get(id);
  if (intent === undefined) return missing("payment_intent", id, "intent");
  const problem =
    methodChoiceProblem(params) ?? paramProblem(params, UPDATE) ?? methodProblem(textAt(params, "payment_method"));
  if (problem !== undefined) return problem;
  const updated: PaymentIntent = {
    ...intent,
    description: textAt(params, "description") ?? intent.description,
    receipt_email: textAt(params, "receipt_email") ?? intent.receipt_email,
    payment_method: textAt(params, "payment_method") ?? intent.payment_method,
    metadata: { ...intent.metadata, ...textsParam(params, "metadata") },
  };
  saveIntent(account, updated);
  return ok(updated);
}

/** `payment_intent_unexpected_state`, which carries the intent as it stands. */
export const unexpectedState = (intent: PaymentIntent, verb: string, allowed: readonly string[]): Answer =>
  failed(400, {
    type: "invalid_request_error",
    code: "payment_intent_unexpected_state",
    message: `This PaymentIntent could not be ${verb} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${verb}: ${allowed.join(", ")}.`,
    payment_intent: intent,
  });
