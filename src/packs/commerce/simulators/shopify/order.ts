import { assert } from "../../../../contracts/index.ts";

/** Where a parcel goes. Codes are ISO 3166: `CA` of `US`. */
export interface Address {
  readonly first_name: string;
  readonly last_name: string;
  readonly address1: string;
  readonly address2?: string;
  readonly city: string;
  readonly province_code?: string;
  readonly country_code: string;
  readonly zip: string;
  readonly phone?: string;
}

export interface OrderLine {
  /** Digits, beyond the safe integers, as Shopify's documented examples are. */
  readonly id: string;
  readonly sku: string;
  readonly title: string;
  readonly quantity: number;
  readonly unit_price_minor: number;
}

export interface OrderTransaction {
  readonly id: string;
  readonly kind: "AUTHORIZATION" | "CAPTURE" | "SALE" | "VOID" | "REFUND";
  readonly status: "SUCCESS" | "FAILURE" | "PENDING";
  readonly amount_minor: number;
  readonly gateway: string;
  /** The gateway's own reference: for `stripe`, the id of the payment intent. */
  readonly authorization: string;
  readonly parent_id: string | null;
  readonly created_at: string;
}

export interface OrderRefund {
  readonly id: string;
  readonly note: string | null;
  readonly created_at: string;
  readonly transaction_ids: readonly string[];
  readonly amount_minor: number;
}

export interface ShopOrder {
  readonly id: string;
  readonly number: number;
  readonly email: string;
  readonly currency: string;
  readonly test: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly cancelled_at: string | null;
  readonly cancel_reason: string | null;
  readonly note: string | null;
  readonly tags: readonly string[];
  readonly custom_attributes: readonly { readonly key: string; readonly value: string }[];
  readonly address: Address;
  readonly lines: readonly OrderLine[];
  readonly shipping_minor: number;
  readonly tax_minor: number;
  readonly fulfillment_status: "UNFULFILLED" | "IN_PROGRESS" | "FULFILLED";
  readonly transactions: readonly OrderTransaction[];
  readonly refunds: readonly OrderRefund[];
}

export type FinancialStatus = "PENDING" | "AUTHORIZED" | "PAID" | "PARTIALLY_REFUNDED" | "REFUNDED" | "VOIDED";

const succeeded = (order: ShopOrder, ...kinds: readonly OrderTransaction["kind"][]): readonly OrderTransaction[] =>
  order.transactions.filter(({ kind, status }) => status === "SUCCESS" && kinds.includes(kind));

const sum = (transactions: readonly OrderTransaction[]): number =>
  transactions.reduce((total, { amount_minor }) => total + amount_minor, 0);

export const subtotalMinor = ({ lines }: ShopOrder): number =>
  lines.reduce((total, { quantity, unit_price_minor }) => total + quantity * unit_price_minor, 0);

export const totalMinor = (order: ShopOrder): number => subtotalMinor(order) + order.shipping_minor + order.tax_minor;

export const capturedMinor = (order: ShopOrder): number => sum(succeeded(order, "SALE", "CAPTURE"));

export const refundedMinor = (order: ShopOrder): number => sum(succeeded(order, "REFUND"));

export function financialStatus(order: ShopOrder): FinancialStatus {
  const captured = capturedMinor(order);
  if (captured === 0 && succeeded(order, "VOID").length > 0) return "VOIDED";
  if (captured === 0) return succeeded(order, "AUTHORIZATION").length > 0 ? "AUTHORIZED" : "PENDING";
  const refunded = refundedMinor(order);
  if (refunded === 0) return "PAID";
  return refunded < captured ? "PARTIALLY_REFUNDED" : "REFUNDED";
}

/** `2500` is `25.00`. Only currencies with two decimals are modelled. */
export function decimalText(minor: number): string {
  assert(Number.isSafeInteger(minor), "money is whole minor units");
  const digits = String(Math.abs(minor)).padStart(3, "0");
  return `${minor < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Minor units of a decimal text such as `25`, `25.0` or `25.00`; `undefined` for anything else. */
export function parseDecimal(text: unknown): number | undefined {
  const written = typeof text === "number" ? String(text) : text;
  const parts = typeof written === "string" ? /^(\d{1,12})(?:\.(\d{1,2}))?$/.exec(written) : null;
  return parts === null ? undefined : Number(parts[1]) * 100 + Number((parts[2] ?? "0").padEnd(2, "0"));
}

export const gid = (type: string, id: string): string => `gid://shopify/${type}/${id}`;

/** The digits of a global id of this type; `undefined` for another type or form. */
export const idOf = (type: string, global: unknown): string | undefined => {
  const prefix = gid(type, "");
  return typeof global === "string" && global.startsWith(prefix) ? global.slice(prefix.length) : undefined;
};
