import { OpenAPIHono } from "@hono/zod-openapi";
import { OidcIssuer, type OidcSettings } from "./console/oidc.ts";
import { consolePages } from "./console/pages.ts";
import { signInRoutes } from "./console/sign-in.ts";
import { SignInCodes } from "./console/sign-in-codes.ts";
import { DOCUMENT, describe } from "./document.ts";
import { ENDPOINTS } from "./endpoints.ts";
import { dispatch, type Served } from "./http/dispatch.ts";
import { errorResponse, problemResponse } from "./http/problem.ts";
import type { Installation } from "./installation.ts";
import { healthRoute, webhookResponse } from "./open-routes.ts";

export interface AppOptions {
  /** Called when something became due: the worker of this process, if it has one, looks at once. */
  readonly nudge?: () => void;
  /** Of the built console; without it the pages say how to build one. */
  readonly consoleDirectory?: string;
  /** Where people may sign in without a key; null: nowhere. */
  readonly oidc?: OidcSettings | null;
  /** Version of the program, for `/v1/health`. */
  readonly version?: string;
  /** Told of errors that no code covers; the client is told nothing of them. */
  readonly onTrouble?: (error: unknown) => void;
}

/**
 * The HTTP API over an opened installation. It listens to nothing: call `fetch` or `request`, or hand it to `serve`. It
 * reads time, ids and data from the installation alone.
 */
export function createApp(installation: Installation, options: AppOptions = {}): OpenAPIHono {
  const { nudge = nothing, version = "unknown", onTrouble = nothing, consoleDirectory = null, oidc = null } = options;
  const served: Served = {
    installation,
    nudge,
    signInCodes: new SignInCodes(installation.host),
    issuer: oidc === null ? null : new OidcIssuer(oidc, installation.host.clock),
  };
  const app = new OpenAPIHono();
  for (const endpoint of ENDPOINTS) {
    app.on(endpoint.method, pathOf(endpoint.path), (context) => dispatch(served, endpoint, context));
  }
  app.get("/v1/health", healthRoute(served, version));
  app.post("/webhooks/:provider/:endpoint_token", (context) => webhookResponse(served, context));
  signInRoutes(app, served);
  consolePages(app, consoleDirectory);
  describe(app.openAPIRegistry);
  app.doc31("/v1/openapi.json", DOCUMENT);
  app.notFound(({ req }) => problemResponse({ code: "NOT_FOUND", message: `there is no ${req.method} ${req.path}` }));
  app.onError((error) => {
    onTrouble(error);
    return errorResponse(error);
  });
  return app;
}

const nothing = (): void => undefined;

/** OpenAPI's `{run_id}` as the router writes it. */
const pathOf = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

/** The OpenAPI 3.1 document; the committed reference is printed from it. */
export function openApiDocument(): object {
  const app = new OpenAPIHono();
  describe(app.openAPIRegistry);
  return app.getOpenAPI31Document(DOCUMENT);
}
