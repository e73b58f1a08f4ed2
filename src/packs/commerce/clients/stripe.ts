import Stripe from "stripe";
import { z } from "zod";
import type { CallContext, Credential } from "../../../guard/index.ts";
import type { Address } from "./address.ts";
import { type Answer, answered, classOfStatus, failed, failedByThrow, type Intent, retryAfterMs } from "./answer.ts";
import { forbidden } from "./sandbox.ts";

/** Pinned, so that a new SDK never moves us to another API by itself. */
const API_VERSION = "2026-10-28.endive";

/** The SDK's own limit; the tool's timeout is shorter and aborts the guarded fetch first. */
const TIMEOUT_MS = 80_000;

/** Refunds of one payment that are read; a payment with more is not decided upon. */
const REFUNDS_MAX = 100;

const refundSchema = z.object({
  id: z.string().regex(/^(re|pyr)_/),
  object: z.literal("refund"),
  amount: z.int().nonnegative(),
  currency: z.string(),
  status: z.enum(["pending", "requires_action", "succeeded", "failed", "canceled"]),
  metadata: z.record(z.string(), z.string()).nullish(),
});

const refundListSchema = z.object({
  object: z.literal("list"),
  data: z.array(refundSchema).max(REFUNDS_MAX),
  has_more: z.literal(false),
});

const paymentSchema = z.object({
  id: z.string().regex(/^pi_/),
  object: z.literal("payment_intent"),
  status: z.string(),
  currency: z.string(),
  amount_received: z.int().nonnegative(),
  latest_charge: z.union([z.string(), z.null(), z.object({ disputed: z.boolean().nullish() })]).optional(),
});

const taxSchema = z.object({
  id: z.string().regex(/^taxcalc_/),
  object: z.literal("tax.calculation"),
  currency: z.string(),
  amount_total: z.int().nonnegative(),
  tax_amount_exclusive: z.int().nonnegative(),
  tax_amount_inclusive: z.int().nonnegative().optional(),
});

export type StripeRefund = z.infer<typeof refundSchema>;
export type StripePayment = z.infer<typeof paymentSchema>;
export type StripeTax = z.infer<typeof taxSchema>;

export interface RefundRequest {
  readonly paymentIntent: string;
  readonly amountMinor: number;
  /** Sent as `Idempotency-Key`; equal for all attempts of one logical refund. */
  readonly key: string;
  readonly metadata: { readonly [name: string]: string };
}

export interface TaxRequest {
  readonly currency: string;
  readonly lines: readonly { readonly amountMinor: number; readonly reference: string; readonly quantity: number }[];
  readonly address: Address;
  readonly key: string;
}

export interface StripeClient {
  payment(id: string): Promise<Answer<StripePayment>>;
  /** All refunds of a payment; more than the bound is a `contract` failure, never a silent part of them. */
  refunds(paymentIntent: string): Promise<Answer<readonly StripeRefund[]>>;
  refund(request: RefundRequest): Promise<Answer<StripeRefund>>;
  /** Calculates, commits nothing. */
  tax(request: TaxRequest): Promise<Answer<StripeTax>>;
}

/** Stripe through its own SDK, whose retries are off and whose results are checked: see `ask`. */
export function stripeClient(context: CallContext): StripeClient {
  const credential = context.credential("stripe");
  const refused = forbidden(credential);
  const sdk = sdkFor(credential, context.fetch);
  const ask = <T>(intent: Intent, schema: z.ZodType<T>, call: () => Promise<Stripe.Response<unknown>>) =>
    refused === null ? checked(intent, schema, call) : Promise.resolve<Answer<T>>(refused);
  return {
    payment: (id) => ask("read", paymentSchema, () => sdk.paymentIntents.retrieve(id, { expand: ["latest_charge"] })),
    refunds: async (paymentIntent) => {
      const list = await ask("read", refundListSchema, () =>
        sdk.refunds.list({ payment_intent: paymentIntent, limit: REFUNDS_MAX }),
      );
      return list.ok ? answered(list.value.data, list.requestId) : list;
    },
    refund: (request) =>
      ask("write", refundSchema, () =>
        sdk.refunds.create(
          { payment_intent: request.paymentIntent, amount: request.amountMinor, metadata: { ...request.metadata } },
          { idempotencyKey: request.key },
        ),
      ),
    tax: (request) =>
      ask("read", taxSchema, () => sdk.tax.calculations.create(taxParams(request), { idempotencyKey: request.key })),
  };
}

function sdkFor(credential: Credential, fetchThroughGuards: typeof fetch): Stripe {
  const origin = new URL(credential.origin);
  const protocol = origin.protocol === "http:" ? "http" : "https";
  return new Stripe(credential.secret, {
    apiVersion: API_VERSION,
    httpClient: Stripe.createFetchHttpClient(fetchThroughGuards),
    host: origin.hostname,
    port: origin.port === "" ? (protocol === "http" ? 80 : 443) : Number(origin.port),
    protocol,
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: TIMEOUT_MS,
  });
}

const taxParams = (request: TaxRequest): Stripe.Tax.CalculationCreateParams => ({
  currency: request.currency.toLowerCase(),
  line_items: request.lines.map((line) => ({
    amount: line.amountMinor,
    reference: line.reference,
    quantity: line.quantity,
    tax_behavior: "exclusive" as const,
  })),
  customer_details: { address: stripeAddress(request.address), address_source: "shipping" },
});

const stripeAddress = (address: Address) => ({
  line1: address.line1,
  city: address.city,
  country: address.country,
  ...(address.line2 === null ? {} : { line2: address.line2 }),
  ...(address.state === null ? {} : { state: address.state }),
  ...(address.postalCode === null ? {} : { postal_code: address.postalCode }),
});

/**
 * The SDK calls anything without a top-level `error` key a success: a 502 with an HTML-ish JSON body resolves as if it were
 * the refund. So status, object and id are judged here.
 */
async function checked<T>(
  intent: Intent,
  schema: z.ZodType<T>,
  call: () => Promise<Stripe.Response<unknown>>,
): Promise<Answer<T>> {
  try {
    const response = await call();
    const { statusCode: status, requestId } = response.lastResponse;
    if (status < 200 || status > 299) return failed(classOfStatus(status, intent), { status });
    const parsed = schema.safeParse(response);
    return parsed.success ? answered(parsed.data, requestId ?? null) : failed("contract", { status });
  } catch (error) {
    return failureOf(error, intent);
  }
}

function failureOf(error: unknown, intent: Intent): Answer<never> {
  if (!(error instanceof Stripe.errors.StripeError)) return failedByThrow(error, intent);
  const status = error.statusCode ?? null;
  if (status === null) return failedByThrow(error, intent);
  return failed(classOf(error, status, intent), {
    status,
    reason: error.code ?? null,
    retryAfterMs: retryAfterMs(error.headers?.["retry-after"]),
  });
}

function classOf(error: InstanceType<typeof Stripe.errors.StripeError>, status: number, intent: Intent) {
  if (error.rawType === "idempotency_error" && error.code !== "idempotency_key_in_use") return "idempotency_mismatch";
  if (status === 409 || error.code === "idempotency_key_in_use") return "conflict_in_progress";
  if (error.code === "rate_limit" || error.code === "lock_timeout") return "rate_limited";
  if (status >= 200 && status < 300) return "contract";
  return error.code === "charge_already_refunded" ? "business" : classOfStatus(status, intent);
}
