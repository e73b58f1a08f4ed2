/** One scripted answer: a response, or what the network did instead. */
export type Scripted = Response | Error;

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A fetch that answers in order and remembers what it was asked; more requests than answers are a failed test. */
export function scriptedFetch(...answers: readonly Scripted[]): {
  readonly fetch: typeof fetch;
  readonly asked: Asked[];
} {
  const asked: Asked[] = [];
  const scripted: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = await request.text();
    const answer = answers[asked.length];
    asked.push({ method: request.method, url: request.url, headers: request.headers, body });
    if (answer === undefined)
      throw new Error(`nothing scripted for request ${asked.length}: ${request.method} ${request.url}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { fetch: scripted, asked };
}

/** A JSON answer. */
export const json = (status: number, body: unknown, headers: { readonly [name: string]: string } = {}): Response =>
  new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

/** A GraphQL answer of the pinned version. */
export const graphql = (data: unknown, rest: { readonly [member: string]: unknown } = {}): Response =>
  json(200, { data, ...rest }, { "x-shopify-api-version": "2026-07", "x-request-id": "shop-request" });
