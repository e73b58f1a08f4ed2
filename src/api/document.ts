import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { z } from "@hono/zod-openapi";
import { ENDPOINTS } from "./endpoints.ts";
import type { Endpoint } from "./http/endpoint.ts";
import { rolesWith } from "./http/rights.ts";
import { health, webhookAnswer, webhookParams } from "./open-routes.ts";

type Registry = OpenAPIHono["openAPIRegistry"];

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    remedy: z.string(),
    retryable: z.boolean(),
    retry_after_ms: z.number().optional(),
    field_path: z.string().optional(),
    schema_path: z.string().optional(),
    details: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi("Problem");

const PROBLEM = {
  description: "A refusal or a fault (RFC 9457); `code` says which",
  content: { "application/problem+json": { schema: problem } },
} as const;

const IDEMPOTENCY_KEY = z.strictObject({
  "Idempotency-Key": z
    .string()
    .max(255)
    .optional()
    .openapi({ description: "The same key with the same request gets the stored answer; keys do not expire." }),
});

/** Writes every request into the app's registry, from which the document is generated. */
export function describe(registry: Registry): void {
  registry.registerComponent("securitySchemes", "key", { type: "http", scheme: "bearer", bearerFormat: "cmk_…" });
  for (const endpoint of ENDPOINTS) registry.registerPath(routeOf(endpoint));
  registry.registerPath({
    method: "get",
    path: "/v1/health",
    summary: "Whether runs can be served",
    responses: {
      200: { description: "they can", content: { "application/json": { schema: health } } },
      503: { description: "they cannot", content: { "application/json": { schema: health } } },
    },
  });
  registry.registerPath({
    method: "get",
    path: "/v1/openapi.json",
    summary: "This document",
    responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: z.looseObject({}) } } } },
  });
  registry.registerPath({
    method: "post",
    path: "/webhooks/{provider}/{endpoint_token}",
    summary: "Take in what a provider tells; its signature is the key",
    request: { params: webhookParams },
    responses: {
      200: { description: "it is committed", content: { "application/json": { schema: webhookAnswer } } },
      default: PROBLEM,
    },
  });
}

function routeOf({
  method,
  path,
  summary,
  description,
  needs,
  request,
  statuses,
  answer,
  media,
  idempotent,
}: Endpoint) {
  const { params, query, body } = request;
  const route: RouteConfig = {
    method,
    path,
    summary,
    description: [description, `Roles: ${rolesWith(needs).join(", ")}.`].filter((part) => part !== undefined).join(" "),
    security: [{ key: [] }],
    request: {
      params,
      query,
      ...(idempotent ? { headers: IDEMPOTENCY_KEY } : {}),
      ...(method === "post" ? { body: { required: true, content: { "application/json": { schema: body } } } } : {}),
    },
    responses: {
      ...Object.fromEntries(
        Object.entries(statuses).map(([status, meaning]) => [
          status,
          { description: meaning, content: { [media]: { schema: answer } } },
        ]),
      ),
      default: PROBLEM,
    },
  };
  return route;
}

/** What the document says about the API as a whole. */
export const DOCUMENT = {
  openapi: "3.1.0",
  info: {
    title: "Countermark",
    version: "1",
    description:
      "Runs automations and agents under enforced guarantees. A key belongs to one tenant and chooses it; no header or path " +
      "does. Refusals and faults are problem documents with a code, what it means and what to do about it.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
};
