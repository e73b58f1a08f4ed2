import type { CallContext } from "../../guard/index.ts";
import type { GraphPrice } from "../../run/index.ts";

/*
 * What requests to models may take, and what their answers took: read from the bodies as OpenAI's and Anthropic's interfaces have
 * them, whole or streamed. A provider's client that speaks otherwise is not counted.
 */

type Usage = Parameters<CallContext["usage"]>[0];

export interface AskedOfModel {
  readonly model: string | null;
  /** The most tokens that the answer may take; 0 where the request says nothing. */
  readonly tokensMax: number;
}

export function askedIn(body: string | null): AskedOfModel {
  const asked = parsed(body ?? "");
  const declared = ["max_tokens", "max_completion_tokens", "max_output_tokens"].map((name) => countIn(asked, name));
  return { model: textIn(asked, "model"), tokensMax: Math.max(...declared) };
}

const INPUT = ["prompt_tokens", "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
const OUTPUT = ["completion_tokens", "output_tokens"];

/**
 * What an answer took; null where it tells of no tokens, as an error does not. A stream that does not tell may have taken all that
 * was asked for. Tokens that a cache wrote or gave count as input, at the price of input.
 *
 * @see commerce-kernel 12.2: tokens x pinned price, in whole micro-USD; a part of one is rounded up, once for each answer
 */
export function spentIn(body: string, asked: AskedOfModel, price: GraphPrice | null): Usage | null {
  const whole = parsed(body);
  const parts = whole === undefined ? streamedIn(body) : [whole];
  const told = parts.flatMap((part) => [part, memberOf(part, "message"), memberOf(part, "response")]);
  const usages = told.map((part) => memberOf(part, "usage")).filter((usage) => typeof usage === "object" && usage);
  const model = told.map((part) => textIn(part, "model")).find((name) => name !== null) ?? null;
  if (usages.length === 0)
    return whole === undefined && parts.length > 0
      ? { model: model ?? asked.model, tokens: asked.tokensMax, costMicros: costOf(price, 0, asked.tokensMax) }
      : null;
  // Later parts of a stream tell the sum so far.
  const most = (name: string) => Math.max(...usages.map((usage) => countIn(usage, name)));
  const input = sumOf(INPUT.map(most));
  const output = sumOf(OUTPUT.map(most));
  return { model, tokens: most("total_tokens") || input + output, costMicros: costOf(price, input, output) };
}

/** The objects of a stream of server-sent events. */
const streamedIn = (body: string): readonly unknown[] =>
  body
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => parsed(line.slice("data:".length)))
    .filter((part) => part !== undefined);

const MILLION = 1_000_000n;

/** Rounded up once for each answer. */
function costOf(price: GraphPrice | null, input: number, output: number): number {
  if (price === null) return 0;
  const millionths = BigInt(input) * BigInt(price.input) + BigInt(output) * BigInt(price.output);
  return Number((millionths + MILLION - 1n) / MILLION);
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Undefined for what is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

function textIn(value: unknown, name: string): string | null {
  const member = memberOf(value, name);
  return typeof member === "string" ? member : null;
}

/** Whole numbers from 0 only: what else a provider says is not counted. */
function countIn(value: unknown, name: string): number {
  const member = memberOf(value, name);
  return typeof member === "number" && Number.isSafeInteger(member) && member >= 0 ? member : 0;
}
