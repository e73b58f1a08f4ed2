/** Stripe's objects as they travel: only the members that integrations read. Amounts are integers in minor units. */

export type PaymentIntentStatus =
  | "requires_payment_method"
  | "requires_confirmation"
  | "requires_action"
  | "requires_capture"
  | "succeeded"
  | "canceled";

export type Metadata = Readonly<Record<string, string>>;

export interface PaymentIntent {
  readonly id: string;
  readonly object: "payment_intent";
  readonly amount: number;
  readonly amount_capturable: number;
  readonly amount_received: number;
  readonly automatic_payment_methods: { readonly enabled: boolean; readonly allow_redirects: string } | null;
  readonly canceled_at: number | null;
  readonly cancellation_reason: string | null;
  readonly capture_method: "automatic" | "automatic_async" | "manual";
  readonly client_secret: string;
  readonly confirmation_method: "automatic";
  /** Unix seconds, like every time here. */
  readonly created: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly last_payment_error: object | null;
  readonly latest_charge: string | null;
  readonly livemode: false;
  readonly metadata: Metadata;
  readonly next_action: { readonly type: "use_stripe_sdk"; readonly use_stripe_sdk: object } | null;
  readonly payment_method: string | null;
  readonly receipt_email: string | null;
  readonly statement_descriptor: string | null;
  readonly status: PaymentIntentStatus;
}

export interface Charge {
  readonly id: string;
  readonly object: "charge";
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly captured: boolean;
  readonly created: number;
  readonly currency: string;
  readonly disputed: boolean;
  readonly failure_code: string | null;
  readonly failure_message: string | null;
  readonly livemode: false;
  readonly metadata: Metadata;
  readonly outcome: { readonly network_status: string; readonly type: string };
  readonly paid: boolean;
  readonly payment_intent: string;
  readonly payment_method: string;
  readonly payment_method_details: {
    readonly type: "card";
    readonly card: { readonly brand: string; readonly last4: string; readonly capture_before?: number };
  };
  readonly refunded: boolean;
  readonly status: "succeeded" | "failed";
}

export interface Refund {
  readonly id: string;
  readonly object: "refund";
  readonly amount: number;
  readonly charge: string;
  readonly created: number;
  readonly currency: string;
  readonly failure_reason?: string;
  readonly metadata: Metadata;
  readonly payment_intent: string;
  readonly reason: string | null;
  readonly status: "pending" | "requires_action" | "succeeded" | "failed" | "canceled";
}

export interface TaxLine {
  readonly id: string;
  readonly object: "tax.calculation_line_item";
  readonly amount: number;
  readonly amount_tax: number;
  readonly livemode: false;
  readonly product: string | null;
  readonly quantity: number;
  readonly reference: string;
  readonly tax_behavior: "exclusive" | "inclusive";
  readonly tax_code: string;
}

export interface TaxCalculation {
  readonly id: string;
  readonly object: "tax.calculation";
  readonly amount_total: number;
  readonly currency: string;
  readonly customer: null;
  readonly customer_details: object;
  readonly expires_at: number;
  readonly line_items: {
    readonly object: "list";
    readonly url: string;
    readonly has_more: false;
    readonly data: readonly TaxLine[];
  };
  readonly livemode: false;
  readonly shipping_cost: {
    readonly amount: number;
    readonly amount_tax: number;
    readonly tax_behavior: "exclusive" | "inclusive";
    readonly tax_code: string;
  } | null;
  readonly tax_amount_exclusive: number;
  readonly tax_amount_inclusive: number;
  readonly tax_breakdown: readonly object[];
  readonly tax_date: number;
}

export interface TaxTransaction {
  readonly id: string;
  readonly object: "tax.transaction";
  readonly created: number;
  readonly currency: string;
  readonly livemode: false;
  readonly metadata: Metadata;
  readonly reference: string;
  readonly reversal: { readonly original_transaction: string } | null;
  readonly tax_date: number;
  readonly type: "transaction" | "reversal";
  /** The simulator's own sum, total including tax; a reversal's is negative. Not on the wire. */
  readonly sim_total: number;
}

export interface StripeEvent {
  readonly id: string;
  readonly object: "event";
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object; readonly previous_attributes?: object };
  readonly livemode: false;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}
