import type { Code, Refusal } from "../contracts/index.ts";
import type { Claim } from "./call.ts";

/** What one guard says of a call. `rule` is the sentence a screen shows as the call's authority. */
export type GuardVerdict =
  | { readonly verdict: "passed"; readonly rule: string; readonly claims: readonly Claim[] }
  | { readonly verdict: "skipped"; readonly rule: string }
  | Refused;

export interface Refused {
  readonly verdict: "refused";
  readonly rule: string;
  readonly refusal: Refusal;
  /** When another try can pass; absent where waiting does not help. */
  readonly retryAfterMs?: number;
}

const NO_CLAIMS: readonly Claim[] = Object.freeze([]);

export const passed = (rule: string, claims: readonly Claim[] = NO_CLAIMS): GuardVerdict => ({
  verdict: "passed",
  rule,
  claims,
});

export const skipped = (rule: string): GuardVerdict => ({ verdict: "skipped", rule });

/** A refusal whose message is also its rule. */
export const refused = (
  code: Code,
  message: string,
  rest: Omit<Refusal, "code" | "message"> & { readonly retryAfterMs?: number } = {},
): Refused => {
  const { retryAfterMs, ...place } = rest;
  const refusal: Refusal = { code, message, ...place };
  return { verdict: "refused", rule: message, refusal, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
};
