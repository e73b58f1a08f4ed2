import { type Code, codeEntry } from "./codes.ts";
import { Fault } from "./fault.ts";
import type { Json } from "./json.ts";
import type { Refusal } from "./refusal.ts";

/** A problem as HTTP carries it, `application/problem+json` (RFC 9457), with our extension members. */
export interface Problem {
  /** A name, not a link: `urn:countermark:code:` and the code. */
  readonly type: string;
  /** What the code means; the same for every occurrence. */
  readonly title: string;
  readonly status: number;
  /** What happened this time. */
  readonly detail: string;
  readonly code: Code;
  readonly remedy: string;
  /** Whether the same request can succeed later. */
  readonly retryable: boolean;
  /** Where the fault says how long to wait. */
  readonly retry_after_ms?: number;
  readonly field_path?: string;
  readonly schema_path?: string;
  readonly details?: { readonly [name: string]: Json };
}

/** Refusals besides those of status 503 that a later identical request may escape. Bounds are 429 too, but they stay. */
const RETRYABLE: ReadonlySet<Code> = new Set<Code>(["RATE_LIMITED", "IDEMPOTENCY_IN_PROGRESS"]);

/** The problem object of a refusal or a fault. A fault's `cause` is left out: it may hold what nobody outside should see. */
export const problemOf = (reason: Refusal | Fault): Problem =>
  reason instanceof Fault ? problemOfFault(reason) : problemOfRefusal(reason);

function problemOfRefusal({ code, message, ...places }: Refusal): Problem {
  const entry = basics(code, message);
  return { ...entry, retryable: entry.status === 503 || RETRYABLE.has(code), ...places };
}

function problemOfFault({ code, message, retry }: Fault): Problem {
  const problem = { ...basics(code, message), retryable: retry !== "never" };
  return typeof retry === "object" ? { ...problem, retry_after_ms: retry.afterMs } : problem;
}

function basics(code: Code, detail: string) {
  const { status, meaning, remedy } = codeEntry(code);
  return { type: `urn:countermark:code:${code}`, title: meaning, status, detail, code, remedy };
}
