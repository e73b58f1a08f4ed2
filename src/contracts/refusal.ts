import type { Code } from "./codes.ts";
import type { Json } from "./json.ts";

/** A rule said no. A value, never thrown; recorded as an event; its code is in the codes table with a remedy. */
export interface Refusal {
  readonly code: Code;
  /** One line, lower case, no full stop, never an argument value of a sensitive field. */
  readonly message: string;
  /** JSONPath-like path into the offending document, such as `$.lines[0].quantity`. */
  readonly field_path?: string;
  /** JSON pointer into the schema that refused. */
  readonly schema_path?: string;
  readonly details?: { readonly [name: string]: Json };
}

export type Verdict = { readonly pass: true } | { readonly pass: false; readonly refusal: Refusal };

export const PASS: Verdict = { pass: true };

/** Shorthand for a refusing verdict. */
export const refuse = (
  code: Code,
  message: string,
  rest: Omit<Refusal, "code" | "message"> = {},
): Verdict & { pass: false } => ({
  pass: false,
  refusal: { code, message, ...rest },
});
