import { createGraphQLClient } from "@shopify/graphql-client";
import { z } from "zod";
import type { CallContext } from "../../../guard/index.ts";
import {
  type Answer,
  answered,
  classOfStatus,
  type FailureClass,
  failed,
  failedByThrow,
  type Intent,
  retryAfterMs,
} from "./answer.ts";
import { jsonOf } from "./reply.ts";
import { forbidden } from "./sandbox.ts";

/** Pinned; Shopify silently answers with another version once this one is no longer supported. */
const API_VERSION = "2026-07";

/** Longest wait that a throttle hint is believed for. */
const THROTTLE_WAIT_MS_MAX = 60_000;

const envelope = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string().nullish(), extensions: z.object({ code: z.string().nullish() }).nullish() }))
    .nonempty()
    .optional(),
  extensions: z.object({ cost: z.unknown().optional() }).nullish(),
});

const throttleCost = z.object({
  requestedQueryCost: z.number().nonnegative(),
  throttleStatus: z.object({ currentlyAvailable: z.number(), restoreRate: z.number().positive() }),
});

/** The errors that every mutation reports beside its payload, with HTTP 200. */
export const userErrors = z.array(z.object({ message: z.string(), code: z.string().nullish() }));

export type UserErrors = z.infer<typeof userErrors>;

export interface Operation<T> {
  readonly intent: Intent;
  readonly query: string;
  readonly variables: { readonly [name: string]: unknown };
  /** Of `data`. */
  readonly schema: z.ZodType<T>;
}

/** One GraphQL operation through Shopify's client, with its retries off: it takes `Retry-After` seconds as milliseconds. */
export async function ask<T>(context: CallContext, operation: Operation<T>): Promise<Answer<T>> {
  const credential = context.credential("shopify");
  const refused = forbidden(credential);
  if (refused !== null) return refused;
  let thrown: unknown; // the client throws a new error that has lost its cause
  const client = createGraphQLClient({
    url: new URL(`/admin/api/${API_VERSION}/graphql.json`, credential.origin).href,
    headers: { "Content-Type": "application/json", "X-Shopify-Access-Token": credential.secret },
    retries: 0,
    customFetchApi: (url, init) =>
      context.fetch(url, init).catch((error: unknown) => {
        thrown = error;
        throw error;
      }),
  });
  try {
    const response = await client.fetch(operation.query, { variables: operation.variables, signal: context.signal });
    return judge(response, await response.text(), operation);
  } catch (error) {
    return failedByThrow(thrown ?? error, operation.intent);
  }
}

function judge<T>(response: Response, text: string, { intent, schema }: Operation<T>): Answer<T> {
  const { status, headers } = response;
  if (!response.ok) {
    return failed(classOfStatus(status, intent), { status, retryAfterMs: retryAfterMs(headers.get("retry-after")) });
  }
  const version = headers.get("x-shopify-api-version");
  const body = envelope.safeParse(jsonOf(text));
  if (!body.success || (version !== null && version !== API_VERSION)) return failed("contract", { status });
  if (body.data.errors !== undefined) return ofErrors(body.data, intent, status);
  const data = schema.safeParse(body.data.data);
  return data.success ? answered(data.data, headers.get("x-request-id")) : failed("contract", { status });
}

/** Top-level errors: the operation as a whole was refused, most often throttled, with HTTP 200. */
function ofErrors(body: z.infer<typeof envelope>, intent: Intent, status: number): Answer<never> {
  const reason = body.errors?.[0]?.extensions?.code ?? null;
  return failed(classOfErrorCode(reason, intent), {
    status,
    reason,
    ...(reason === "THROTTLED" ? { retryAfterMs: throttleWaitMs(body.extensions?.cost) } : {}),
  });
}

function classOfErrorCode(code: string | null, intent: Intent): FailureClass {
  if (code === "THROTTLED") return "rate_limited";
  if (code === "ACCESS_DENIED") return "auth";
  if (code === "SHOP_INACTIVE") return "business";
  if (code === "INTERNAL_SERVER_ERROR") return intent === "write" ? "unknown_outcome" : "transient";
  return "validation";
}

/** The bucket refills at a known rate: the wait is until the query is affordable. */
function throttleWaitMs(cost: unknown): number | null {
  const known = throttleCost.safeParse(cost);
  if (!known.success) return null;
  const { requestedQueryCost, throttleStatus } = known.data;
  const missing = Math.max(0, requestedQueryCost - throttleStatus.currentlyAvailable);
  return Math.min(THROTTLE_WAIT_MS_MAX, Math.ceil((missing / throttleStatus.restoreRate) * 1000));
}

/** The class of a mutation's user errors: nothing happened, unless the code is about the idempotency key. */
export function failedByUser(errors: UserErrors): Answer<never> {
  const reason = errors[0]?.code ?? null;
  return failed(classOfUserError(reason), { status: 200, reason });
}

function classOfUserError(code: string | null): FailureClass {
  if (code === "IDEMPOTENCY_CONCURRENT_REQUEST") return "conflict_in_progress";
  if (code === "IDEMPOTENCY_KEY_PARAMETER_MISMATCH") return "idempotency_mismatch";
  if (code === "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED") return "unknown_outcome";
  return code === "NOT_FOUND" ? "not_found" : "business";
}
