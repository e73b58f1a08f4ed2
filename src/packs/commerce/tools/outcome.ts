import type { Code, Json, JsonObject } from "../../../contracts/index.ts";
import type { EffectProof, EntityChange, LookupOutcome, ToolOutcome } from "../../../guard/index.ts";
import type { Intent, ProviderFailure } from "../clients/answer.ts";

/** The codes a tool answers with when its provider fails (commerce-kernel 17.2). */
export interface FailureCodes {
  /** The provider said no for good. */
  readonly rejected: Code;
  /** It did not answer, or not now. */
  readonly unavailable: Code;
  readonly notFound?: Code;
}

/** What a failed answer means for the call that asked. */
export function outcomeOf(
  provider: string,
  failure: ProviderFailure,
  codes: FailureCodes,
  intent: Intent,
): Exclude<ToolOutcome, { kind: "applied" }> {
  const message = messageOf(provider, failure);
  switch (failure.class) {
    case "forbidden":
      return { kind: "rejected", code: failure.refusedWith ?? "NETWORK_DENIED", message };
    case "auth":
      return { kind: "rejected", code: "PROVIDER_CREDENTIAL_REFUSED", message };
    case "idempotency_mismatch":
      return { kind: "rejected", code: "IDEMPOTENCY_KEY_REUSED", message };
    case "not_found":
      return { kind: "rejected", code: codes.notFound ?? codes.rejected, message };
    case "validation":
    case "business":
      return rejection(codes.rejected, message, failure.reason);
    case "rate_limited":
    case "transient":
      return notApplied(codes.unavailable, message, failure.retryAfterMs);
    case "conflict_in_progress":
    case "unknown_outcome":
    case "contract":
      return intent === "write"
        ? { kind: "unknown", code: codes.unavailable, message }
        : notApplied(codes.unavailable, message, failure.retryAfterMs);
  }
}

const SLUG = /^[A-Za-z0-9_.-]{1,80}$/;

/** Status and machine code only: a provider's own words may quote a person's data. */
function messageOf(provider: string, { class: failureClass, status, reason }: ProviderFailure): string {
  const answer = status === null ? "gave no answer" : `answered ${status}`;
  const why = reason !== null && SLUG.test(reason) ? `, ${reason}` : "";
  return failureClass === "forbidden"
    ? `the call to ${provider} was stopped before it was sent`
    : `${provider} ${answer} (${failureClass}${why})`;
}

const rejection = (code: Code, message: string, reason: string | null): Exclude<ToolOutcome, { kind: "applied" }> =>
  reason !== null && SLUG.test(reason)
    ? { kind: "rejected", code, message, details: { reason } }
    : { kind: "rejected", code, message };

const notApplied = (
  code: Code,
  message: string,
  retryAfterMs: number | null,
): Exclude<ToolOutcome, { kind: "applied" }> =>
  retryAfterMs === null ? { kind: "not_applied", code, message } : { kind: "not_applied", code, message, retryAfterMs };

/** What an effect leaves behind. */
export interface Trail {
  readonly proof?: EffectProof;
  readonly entities?: readonly EntityChange[];
}

export const applied = (output: JsonObject, trail: Trail = {}): Extract<ToolOutcome, { kind: "applied" }> => ({
  kind: "applied",
  result: { output, ...trail },
});

export const rejectedWith = (
  code: Code,
  message: string,
  details?: { readonly [name: string]: Json },
): Extract<ToolOutcome, { kind: "rejected" }> => ({
  kind: "rejected",
  code,
  message,
  ...(details === undefined ? {} : { details }),
});

/** A look-up's reading of what the handler itself would have reported. */
export const found = (outcome: Extract<ToolOutcome, { kind: "applied" }>): LookupOutcome => ({
  kind: "found",
  result: outcome.result,
});

export const unclear = (provider: string, failure: ProviderFailure): LookupOutcome => ({
  kind: "unclear",
  message: messageOf(provider, failure),
});
