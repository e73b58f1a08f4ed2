import type { CallContext } from "../../guard/index.ts";
import type { GraphManifest, GraphPrice } from "../../run/index.ts";
import { GraphStopped } from "./errand.ts";
import type { FetchAnswer, GraphRequest } from "./protocol.ts";

/** Headers that are the connection's, not the request's; the worker sets its own. */
const NOT_PASSED_ON: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "accept-encoding",
]);
/** The body that is passed on is decoded already. */
const NOT_PASSED_BACK: ReadonlySet<string> = new Set(["content-encoding", "content-length", "transfer-encoding"]);

type GraphFetch = Extract<GraphRequest, { readonly op: "fetch" }>;
type Model = GraphManifest["models"][number];

/** Stands where a provider's client wants a key. No graph ever holds one. */
export const NO_KEY = "held-by-countermark";

/** The environment of a graph's process: placeholders for keys, and nothing of the worker's. */
export const environmentOf = ({ models }: GraphManifest): { readonly [name: string]: string } =>
  Object.fromEntries(models.flatMap(({ key_variable }) => (key_variable === null ? [] : [[key_variable, NO_KEY]])));

interface ModelPorts extends Pick<CallContext, "fetch" | "credential" | "usage"> {
  /** What the run's bound leaves, by what is counted so far; negative once it is exceeded. */
  readonly tokensLeft: number;
}

/**
 * Makes a graph's request to a model under the step's own scope and caps, with the tenant's credential, and counts its tokens
 * and what they cost. One that may take more tokens than the run has left is not sent.
 */
export async function fetchForGraph(
  { models }: GraphManifest,
  { fetch, credential, usage, tokensLeft }: ModelPorts,
  request: GraphFetch,
): Promise<FetchAnswer> {
  const url = new URL(request.url);
  const model = models.find(({ origin }) => origin === url.origin);
  if (model === undefined)
    throw new GraphStopped("POLICY.TOOL_NOT_ALLOWED", `the graph's manifest names no model at \`${url.origin}\``);
  const asked = askedIn(request.body);
  const price = priceOf(model, asked.model);
  if (asked.tokensMax > tokensLeft) throw new GraphStopped("BOUND_TOKENS", overBound(asked.tokensMax, tokensLeft));
  const { origin, secret } = credential(model.service);
  const headers = new Headers(
    request.headers.filter(([name]) => !NOT_PASSED_ON.has(name)).map(([name, value]) => [name, value]),
  );
  headers.delete("authorization");
  headers.set(model.header, model.header === "authorization" ? `Bearer ${secret}` : secret);
  const response = await fetch(`${origin}${url.pathname}${url.search}`, {
    method: request.method,
    headers,
    body: request.body,
  });
  const body = await response.text();
  const spent = spentIn(body, price);
  if (spent !== null) usage(spent);
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !NOT_PASSED_BACK.has(name)),
    body,
  };
}

/** What a request asks for: the model by its name, and the most tokens that the answer may take; 0 where it says nothing. */
function askedIn(body: GraphFetch["body"]): { readonly model: string | null; readonly tokensMax: number } {
  const asked = parsed(body ?? "");
  const model = memberOf(asked, "model");
  const declared = ["max_tokens", "max_completion_tokens", "max_output_tokens"].map((name) => numberIn(asked, name));
  return { model: typeof model === "string" ? model : null, tokensMax: Math.max(...declared) };
}

/** Null where the manifest pins no prices. A model that it does not price is not asked: nobody could say what that cost. */
function priceOf({ origin, prices }: Model, asked: string | null): GraphPrice | null {
  if (prices === undefined) return null;
  const price = asked !== null && Object.hasOwn(prices, asked) ? prices[asked] : undefined;
  if (price === undefined)
    throw new GraphStopped(
      "POLICY.TOOL_NOT_ALLOWED",
      `the graph's manifest prices no model \`${asked}\` at \`${origin}\``,
    );
  return price;
}

const overBound = (tokensMax: number, tokensLeft: number): string =>
  `the model may take ${tokensMax} tokens, and \`max_tokens_per_run\` leaves ${Math.max(tokensLeft, 0)}`;

/**
 * What a provider says that its answer took. Tokens that its cache wrote or gave count as input, at the price of input.
 *
 * @see commerce-kernel 12.2: tokens x pinned price, in whole micro-USD; a part of one is rounded up
 */
function spentIn(body: string, price: GraphPrice | null): Parameters<CallContext["usage"]>[0] | null {
  const answer = parsed(body);
  const usage = memberOf(answer, "usage");
  if (typeof usage !== "object" || usage === null) return null;
  const sumOf = (names: readonly string[]) => names.reduce((sum, name) => sum + numberIn(usage, name), 0);
  const input = sumOf(["prompt_tokens", "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"]);
  const output = sumOf(["completion_tokens", "output_tokens"]);
  const total = memberOf(usage, "total_tokens");
  const model = memberOf(answer, "model");
  return {
    model: typeof model === "string" ? model : null,
    tokens: typeof total === "number" ? total : input + output,
    costMicros: price === null ? 0 : costOf(input, price.input) + costOf(output, price.output),
  };
}

const MILLION = 1_000_000n;

const costOf = (tokens: number, perMillion: number): number =>
  Number((BigInt(tokens) * BigInt(perMillion) + MILLION - 1n) / MILLION);

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null; // a stream or an error page: nothing is counted
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

/** Whole numbers from 0 only: what else a provider says is not counted. */
function numberIn(value: unknown, name: string): number {
  const member = memberOf(value, name);
  return typeof member === "number" && Number.isSafeInteger(member) && member >= 0 ? member : 0;
}
