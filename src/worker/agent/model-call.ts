import type { CallContext } from "../../guard/index.ts";
import type { GraphManifest, GraphPrice } from "../../run/index.ts";
import { GraphStopped } from "./errand.ts";
import { askedIn, spentIn } from "./model-usage.ts";
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
  readonly budget: TokenBudget;
}

/** What a run's bound leaves its models. Requests that are out at once may together take no more. */
export class TokenBudget {
  readonly #counted: () => number;
  #asked = 0;

  /** @param counted what the bound leaves by what is counted so far; negative once it is exceeded */
  constructor(counted: () => number) {
    this.#counted = counted;
  }

  /** Makes a request that may take so many. Throws GraphStopped where that is more than is left. */
  async spend<T>(tokensMax: number, request: () => Promise<T>): Promise<T> {
    const left = this.#counted() - this.#asked;
    if (tokensMax > left) throw new GraphStopped("BOUND_TOKENS", overBound(tokensMax, left));
    this.#asked += tokensMax;
    try {
      return await request();
    } finally {
      this.#asked -= tokensMax;
    }
  }
}

/**
 * Makes a graph's request to a model under the step's own scope and caps, with the tenant's credential, and counts its tokens
 * and what they cost. One that may take more tokens than the run has left is not sent.
 */
export async function fetchForGraph(
  { models }: GraphManifest,
  { budget, ...ports }: ModelPorts,
  request: GraphFetch,
): Promise<FetchAnswer> {
  const url = new URL(request.url);
  const model = models.find(({ origin }) => origin === url.origin);
  if (model === undefined)
    throw new GraphStopped("POLICY.TOOL_NOT_ALLOWED", `the graph's manifest names no model at \`${url.origin}\``);
  const asked = askedIn(request.body);
  const price = priceOf(model, asked.model);
  return budget.spend(asked.tokensMax, async () => {
    const answer = await send(model, ports, request, url);
    const spent = spentIn(answer.body, asked, price);
    if (spent !== null) ports.usage(spent);
    return answer;
  });
}

async function send(
  model: Model,
  { fetch, credential }: Pick<CallContext, "fetch" | "credential">,
  request: GraphFetch,
  { pathname, search }: URL,
): Promise<FetchAnswer> {
  const { origin, secret } = credential(model.service);
  const headers = new Headers(
    request.headers.filter(([name]) => !NOT_PASSED_ON.has(name)).map(([name, value]) => [name, value]),
  );
  headers.delete("authorization");
  headers.set(model.header, model.header === "authorization" ? `Bearer ${secret}` : secret);
  const response = await fetch(`${origin}${pathname}${search}`, {
    method: request.method,
    headers,
    body: request.body,
  });
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !NOT_PASSED_BACK.has(name)),
    body: await response.text(),
  };
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
