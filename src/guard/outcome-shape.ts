import { recordable, textProblem } from "../contracts/index.ts";
import type { EffectProof, LookupOutcome, ToolOutcome, Usage } from "./tool.ts";

/*
 * What a handler answered, held to what it may answer. Types do not bind a handler at run time, and its author does not own the
 * texts that it passes on from a provider: what cannot be recorded is told apart here, as otherwise the commit would be refused
 * again and again, and nobody would say why.
 */

/** Characters of a code: our longest has fewer than a third. */
const CODE_LENGTH_MAX = 120;
const CURRENCY = /^[A-Z]{3}$/;
/** What a `bigint` of the database holds. */
const MINOR_MAX = 2n ** 63n - 1n;

/** Why what a handler or a look-up answered is none of its outcomes, in words that hold nothing of it. Undefined where it is one. */
export function outcomeProblem<T extends ToolOutcome | LookupOutcome>(
  outcome: T,
  kinds: ReadonlySet<T["kind"]>,
): string | undefined {
  if (!isRecord(outcome) || !kinds.has(outcome.kind)) return "the handler answered no outcome";
  if ("result" in outcome) return isRecord(outcome.result) ? undefined : NO_RESULT;
  if (WITH_RESULT.has(outcome.kind)) return NO_RESULT;
  if ("code" in outcome) return isCode(outcome.code) ? undefined : NO_CODE;
  return WITH_CODE.has(outcome.kind) ? NO_CODE : undefined;
}

export const TOOL_OUTCOMES: ReadonlySet<ToolOutcome["kind"]> = new Set([
  "applied",
  "rejected",
  "not_applied",
  "unknown",
]);
export const LOOKUP_OUTCOMES: ReadonlySet<LookupOutcome["kind"]> = new Set(["found", "absent", "unclear"]);
const WITH_RESULT: ReadonlySet<string> = new Set(["applied", "found"]);
const WITH_CODE: ReadonlySet<string> = new Set(["rejected", "not_applied", "unknown"]);
const NO_RESULT = "the outcome has no result";
const NO_CODE = "the outcome has no code";

/** Why a proof cannot stand in a receipt. */
export function proofProblem(proof: EffectProof | null): string | undefined {
  if (proof === null) return undefined;
  const { provider, transactionId, requestId, amount } = proof;
  if (!isText(provider) || !isText(transactionId)) return "the proof does not name provider and transaction";
  if (requestId != null && !isText(requestId)) return "the proof's request id is no text";
  if (amount === undefined) return undefined;
  if (!isRecord(amount)) return "the proof's amount is no money";
  const isWhole = typeof amount.minor === "bigint" && amount.minor >= -MINOR_MAX && amount.minor <= MINOR_MAX;
  return isWhole && CURRENCY.test(amount.currency) ? undefined : "the proof's amount is no whole number of minor units";
}

/** Why the changes of entities that a result names cannot be made. */
export function entitiesProblem(entities: unknown): string | undefined {
  if (!Array.isArray(entities)) return "the changes of entities are no list";
  for (const change of entities) {
    if (!isRecord(change) || !isText(change.entityType) || !isText(change.entityId)) return "a change names no entity";
    if (!recordable(change.set).ok || !isRecord(change.set) || Array.isArray(change.set))
      return "a change of an entity is no JSON object";
  }
  return undefined;
}

/** How long the provider asked to wait, as far as it can be waited: `Number("Fri, 31 Dec")` is no wait, and its outcome stands without one. */
export const usableDelay = (delayMs: unknown): number | null =>
  typeof delayMs === "number" && Number.isFinite(delayMs) && delayMs >= 0 ? delayMs : null;

/** Why what a handler says that it spent cannot be counted: a negative number would raise the run's own bounds. */
export function usageProblem({ model, tokens, costMicros }: Usage): string | undefined {
  if (model !== null && !isText(model)) return "the usage's model is no text";
  return isCount(tokens) && isCount(costMicros) ? undefined : "tokens and cost are whole numbers from 0";
}

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null;

const isText = (value: unknown): value is string => typeof value === "string" && textProblem(value) === undefined;

const isCode = (value: unknown): boolean => isText(value) && value !== "" && value.length <= CODE_LENGTH_MAX;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
