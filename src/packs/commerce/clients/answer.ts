import type { Code } from "../../../contracts/index.ts";
import { ConnectionFailed, EgressRefused } from "../../../guard/index.ts";

/**
 * The one taxonomy that every provider's errors are mapped to.
 *
 * `conflict_in_progress`, `unknown_outcome` and `contract` leave open whether a write was executed; all others are certain
 * that it was not. A 5xx is `transient` for a read and `unknown_outcome` for a write.
 */
export type FailureClass =
  | "auth"
  | "validation"
  | "not_found"
  | "business"
  | "conflict_in_progress"
  | "idempotency_mismatch"
  | "rate_limited"
  | "transient"
  | "unknown_outcome"
  | "contract"
  | "forbidden";

/** Whether the request changes anything at the provider; decides what an unclear answer means. */
export type Intent = "read" | "write";

export interface ProviderFailure {
  readonly class: FailureClass;
  /** HTTP status of the answer; null when none came. */
  readonly status: number | null;
  /** The provider's machine code such as `card_declined`; never its free text, which may quote a person's data. */
  readonly reason: string | null;
  readonly retryAfterMs: number | null;
  /** Our own code where we refused before sending (`forbidden`), else null. */
  readonly refusedWith: Code | null;
}

/** What one request to a provider came to. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly requestId: string | null }
  | { readonly ok: false; readonly failure: ProviderFailure };

export const answered = <T>(value: T, requestId: string | null): Answer<T> => ({ ok: true, value, requestId });

/** A failed answer; what is not said is null. */
export const failed = (
  failureClass: FailureClass,
  rest: Partial<Omit<ProviderFailure, "class">> = {},
): { readonly ok: false; readonly failure: ProviderFailure } => ({
  ok: false,
  failure: { class: failureClass, status: null, reason: null, retryAfterMs: null, refusedWith: null, ...rest },
});

/** The class of an HTTP status that no provider-specific rule has claimed. */
export function classOfStatus(status: number, intent: Intent): FailureClass {
  if (status === 401 || status === 403) return "auth";
  if (status === 404) return "not_found";
  if (status === 402 || status === 409 || status === 423) return "business";
  if (status === 429 || status === 430) return "rate_limited";
  if (status >= 400 && status < 500) return "validation";
  if (status >= 500) return intent === "write" ? "unknown_outcome" : "transient";
  return "contract";
}

/** Socket errors that happen before the first byte of a request leaves. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

/** Wrappers of wrappers: SDK error, fetch error, socket error. */
const CAUSES_MAX = 6;

/**
 * What a request that threw came to. The egress guard's refusals keep their own code, and its word counts on whether
 * anything was sent. An answer cut off at the data cap says nothing about what the provider did.
 */
export function failedByThrow(
  error: unknown,
  intent: Intent,
): { readonly ok: false; readonly failure: ProviderFailure } {
  const chain = causesOf(error);
  const refused = chain.find((cause) => cause instanceof EgressRefused);
  if (refused instanceof EgressRefused) return failedByEgress(refused.refusal.code, intent);
  return failed(chain.some(wasNeverSent) || intent === "read" ? "transient" : "unknown_outcome");
}

const failedByEgress = (code: Code, intent: Intent) =>
  code === "DATA_CAP_EXCEEDED" && intent === "write" ? failed("contract") : failed("forbidden", { refusedWith: code });

function causesOf(error: unknown): readonly object[] {
  const chain: object[] = [];
  let next = error;
  while (typeof next === "object" && next !== null && chain.length < CAUSES_MAX) {
    chain.push(next);
    // Stripe's SDK keeps the original error in `detail`, everybody else in `cause`.
    next = "cause" in next && next.cause !== undefined ? next.cause : "detail" in next ? next.detail : undefined;
  }
  return chain;
}

const wasNeverSent = (cause: object): boolean =>
  cause instanceof ConnectionFailed
    ? cause.sent === "no"
    : "code" in cause && typeof cause.code === "string" && NEVER_SENT.has(cause.code);

/** A `Retry-After` header in milliseconds; null when absent or not a whole number of seconds. */
export function retryAfterMs(header: string | null | undefined): number | null {
  return header !== null && header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : null;
}
