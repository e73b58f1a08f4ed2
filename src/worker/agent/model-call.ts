import type { CallContext } from "../../guard/index.ts";
import type { GraphManifest } from "../../run/index.ts";
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

/** Stands where a provider's client wants a key. No graph ever holds one. */
export const NO_KEY = "held-by-countermark";

/** The environment of a graph's process: placeholders for keys, and nothing of the worker's. */
export const environmentOf = ({ models }: GraphManifest): { readonly [name: string]: string } =>
  Object.fromEntries(models.flatMap(({ key_variable }) => (key_variable === null ? [] : [[key_variable, NO_KEY]])));

/** Makes a graph's request to a model under the step's own scope and caps, with the tenant's credential, and counts its tokens. */
export async function fetchForGraph(
  { models }: GraphManifest,
  { fetch, credential, usage }: Pick<CallContext, "fetch" | "credential" | "usage">,
  request: Extract<GraphRequest, { readonly op: "fetch" }>,
): Promise<FetchAnswer> {
  const url = new URL(request.url);
  const model = models.find(({ origin }) => origin === url.origin);
  if (model === undefined)
    throw new GraphStopped("POLICY.TOOL_NOT_ALLOWED", `the graph's manifest names no model at \`${url.origin}\``);
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
  const spent = spentIn(body);
  if (spent !== null) usage(spent);
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => !NOT_PASSED_BACK.has(name)),
    body,
  };
}

/** What a provider says that its answer took: `total_tokens`, or input and output tokens with those of the cache. */
function spentIn(body: string): Parameters<CallContext["usage"]>[0] | null {
  const answer = parsed(body);
  const usage = memberOf(answer, "usage");
  if (typeof usage !== "object" || usage === null) return null;
  const named = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
  const total = memberOf(usage, "total_tokens");
  const tokens = typeof total === "number" ? total : named.reduce((sum, name) => sum + numberIn(usage, name), 0);
  const model = memberOf(answer, "model");
  return { model: typeof model === "string" ? model : null, tokens, costMicros: 0 };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null; // a stream or an error page: nothing is counted
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

function numberIn(value: unknown, name: string): number {
  const member = memberOf(value, name);
  return typeof member === "number" ? member : 0;
}
