import type { Refusal } from "./refusal.ts";

/** A value that passed, or why it did not. Used where passing yields something; a bare yes or no is a `Verdict`. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

/** The result that passed. */
export const accepted = <T>(value: T): Result<T> => ({ ok: true, value });

/** The result that did not; it fits every `Result`. */
export const rejected = (refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } => ({
  ok: false,
  refusal,
});
