import type { Json, JsonObject } from "../../../../contracts/index.ts";
import type { Exchange, ReceivedRequest } from "../wire/exchange.ts";
import { isObject, jsonResponse, objectAt, parseJson, textAt } from "../wire/wire-json.ts";
import { checkOperation } from "./graphql/check.ts";
import type { Document, FieldNode, Operation } from "./graphql/document.ts";
import {
  argumentsOf,
  boundVariables,
  fieldsOf,
  type GraphqlError,
  GraphqlRequestError,
  project,
  type Scope,
} from "./graphql/execute.ts";
import { GraphqlSyntaxError } from "./graphql/lexer.ts";
import { parseDocument } from "./graphql/parser.ts";
import { type Claim, claimKey, settleKey } from "./idempotency.ts";
import { MUTATIONS } from "./mutations.ts";
import { QUERIES } from "./queries.ts";
import { ADMIN_API } from "./schema.ts";
import type { Shop } from "./store.ts";

interface Prepared extends Scope {
  readonly operation: Operation;
  readonly fields: readonly FieldNode[];
}

const chosen = ({ operations }: Document, name: string | undefined): Operation => {
  const operation = name === undefined ? operations[0] : operations.find((candidate) => candidate.name === name);
  if (operation === undefined)
    throw new GraphqlRequestError({ message: `No operation named "${name}"`, extensions: {} });
  return operation;
};

/** Reads a request's document. Throws `GraphqlSyntaxError` or `GraphqlRequestError`. */
function prepare(body: Json | undefined): Prepared {
  const document = parseDocument(textAt(body, "query") ?? "");
  const operation = chosen(document, textAt(body, "operationName"));
  checkOperation(operation, document, ADMIN_API);
  const variables = boundVariables(operation, objectAt(body, "variables"));
  return { document, operation, variables, fields: fieldsOf(operation.selections, document) };
}

const prepared = (received: ReceivedRequest): Prepared | undefined => {
  try {
    return prepare(parseJson(received.text));
  } catch (error) {
    if (error instanceof GraphqlSyntaxError || error instanceof GraphqlRequestError) return undefined;
    throw error;
  }
};

/** The root fields of a request, empty when it cannot be read. */
export const rootFields = (received: ReceivedRequest): readonly string[] =>
  prepared(received)?.fields.map(({ name }) => name) ?? [];

/** The first `@idempotent` key of a request. */
export function requestKey(received: ReceivedRequest): string | undefined {
  const request = prepared(received);
  return request?.fields.map((field) => keyOf(field, request)).find((key) => key !== undefined);
}

const keyOf = (field: FieldNode, { variables }: Scope): string | undefined => {
  const directive = field.directives.find(({ name }) => name === "idempotent");
  return directive === undefined ? undefined : textAt(argumentsOf(directive.args, variables), "key");
};

/** Mutations that may not run without a key, since this version of the API. */
const KEY_REQUIRED: ReadonlySet<string> = new Set(["refundCreate"]);
const KEY_REQUIRED_SINCE = "2026-04";

const keyMissing = (request: Prepared, version: string): boolean =>
  version >= KEY_REQUIRED_SINCE &&
  request.fields.some((field) => KEY_REQUIRED.has(field.name) && keyOf(field, request) === undefined);

const errors = (...all: readonly GraphqlError[]): Response => jsonResponse(200, { errors: all });

const MISSING_KEY: GraphqlError = {
  message: "The @idempotent directive is required for this mutation but was not provided.",
  extensions: { code: "BAD_REQUEST" },
};

/** Executes a GraphQL request: everything but authentication. */
export async function adminApi(shop: Shop, exchange: Exchange, version: string): Promise<Response> {
  const body = parseJson(exchange.received.text);
  if (!isObject(body) || textAt(body, "query") === undefined)
    return jsonResponse(400, { errors: { query: "Required parameter missing or invalid" } });
  let request: Prepared;
  try {
    request = prepare(body);
  } catch (error) {
    if (error instanceof GraphqlRequestError) return errors(error.error);
    if (error instanceof GraphqlSyntaxError)
      return errors({ message: error.message, extensions: { code: "parseError" } });
    throw error;
  }
  return keyMissing(request, version) ? errors(MISSING_KEY) : underKeys(shop, exchange, request);
}

async function underKeys(shop: Shop, exchange: Exchange, request: Prepared): Promise<Response> {
  const claims = new Map<string, Claim>();
  for (const field of request.fields) {
    const key = keyOf(field, request);
    if (key !== undefined) claims.set(key, claimKey(shop, key, argumentsOf(field.args, request.variables)));
  }
  if ([...claims.values()].some(({ kind }) => kind === "replay")) exchange.markReplayed();
  const response = await exchange.perform(() => executed(shop, request, claims));
  const text = await response.text();
  const failed = response.status >= 500 || objectAt({ body: parseJson(text) ?? null }, "body").errors !== undefined;
  for (const claim of claims.values()) settleKey(shop, claim, failed);
  return new Response(text, response);
}

function executed(shop: Shop, request: Prepared, claims: ReadonlyMap<string, Claim>): Response {
  const entries = request.fields.map((field): [string, Json] => {
    const args = argumentsOf(field.args, request.variables);
    const view =
      request.operation.kind === "query"
        ? QUERIES.get(field.name)?.(shop, args)
        : MUTATIONS.get(field.name)?.(shop, args, claims.get(keyOf(field, request) ?? ""));
    return [field.alias, project(view ?? null, field.selections, request)];
  });
  return jsonResponse(200, { data: Object.fromEntries(entries), extensions: { cost: costOf(request.operation.kind) } });
}

const BUCKET_POINTS = 2_000;
const RESTORE_POINTS_PER_SECOND = 100;
const MUTATION_POINTS = 10;
const QUERY_POINTS = 5;

const throttleStatus = (currentlyAvailable: number): JsonObject => ({
  maximumAvailable: BUCKET_POINTS,
  currentlyAvailable,
  restoreRate: RESTORE_POINTS_PER_SECOND,
});

const costOf = (kind: Operation["kind"]): JsonObject => {
  const points = kind === "mutation" ? MUTATION_POINTS : QUERY_POINTS;
  return {
    requestedQueryCost: points,
    actualQueryCost: points,
    throttleStatus: throttleStatus(BUCKET_POINTS - points),
  };
};

/** Throttling is a 200: only the body tells. */
export const throttledAnswer = (): Response =>
  jsonResponse(200, {
    errors: [
      {
        message: "Throttled",
        extensions: { code: "THROTTLED", documentation: "https://shopify.dev/api/usage/rate-limits" },
      },
    ],
    extensions: {
      cost: { requestedQueryCost: MUTATION_POINTS, actualQueryCost: null, throttleStatus: throttleStatus(0) },
    },
  });
