import type { z } from "zod";
import type { CallContext, Credential } from "../../../guard/index.ts";
import { type Answer, answered, failed, failedByThrow, type Intent } from "./answer.ts";

/** One HTTP exchange as a client needs it: the body as text, so that nothing is lost before the schema has looked. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface WireRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Path below the credential's origin, with a leading slash. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: unknown;
  readonly intent: Intent;
}

/** Sends one request through the call's guarded fetch. It never throws: what the network did is an answer. */
export async function send(context: CallContext, credential: Credential, request: WireRequest): Promise<Answer<Reply>> {
  try {
    const response = await context.fetch(new URL(request.path, credential.origin).href, {
      method: request.method,
      headers: { accept: "application/json", ...bodyType(request), ...request.headers },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: context.signal,
    });
    return answered({ status: response.status, headers: response.headers, text: await response.text() }, null);
  } catch (error) {
    return failedByThrow(error, request.intent);
  }
}

const bodyType = (request: WireRequest): { readonly [name: string]: string } =>
  request.body === undefined ? {} : { "content-type": "application/json" };

/** Parses a body against its schema; a 2xx that does not match is of class `contract`. */
export function parseReply<T>(reply: Reply, schema: z.ZodType<T>, requestId: string | null): Answer<T> {
  const parsed = schema.safeParse(jsonOf(reply.text));
  return parsed.success ? answered(parsed.data, requestId) : failed("contract", { status: reply.status });
}

/** The JSON value of a text; `undefined` when it is not JSON, which no schema accepts. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it: one place decides what a bad body means
  }
}
