import { type Dirent, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { Hono } from "hono";
import { problemResponse } from "../http/problem.ts";

/** The built console, held in memory: a handful of files. */
interface Page {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

const MEDIA: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Nothing but what this server serves, no inline script, and no frame around it. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS = {
  "content-security-policy": POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** Serves the built console of a directory: its files by name, and its one page wherever a person may have walked to. */
export function consolePages(app: Pick<Hono, "get">, directory: string | null): void {
  const pages = directory === null ? new Map<string, Page>() : readPages(directory);
  const index = pages.get("/index.html");
  app.get("/assets/*", ({ req }) => served(pages.get(req.path), req.header("accept-encoding"), LASTING));
  for (const path of ["/", "/sign-in", "/t/*"])
    app.get(path, ({ req }) => served(index, req.header("accept-encoding"), "no-cache"));
}

/** Names of assets carry a hash of what is in them. */
const LASTING = "public, max-age=31536000, immutable";

function served(page: Page | undefined, encodings: string | undefined, caching: string): Response {
  if (page === undefined)
    return problemResponse({ code: "CONSOLE_NOT_BUILT", message: "there is no console in this build" });
  const isGzip = /\bgzip\b/.test(encodings ?? "");
  return new Response(isGzip ? page.gzip : page.body, {
    headers: {
      ...HEADERS,
      "content-type": page.type,
      "cache-control": caching,
      vary: "accept-encoding",
      ...(isGzip ? { "content-encoding": "gzip" } : {}),
    },
  });
}

function readPages(directory: string): ReadonlyMap<string, Page> {
  const files = entriesOf(directory).filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      const body = Uint8Array.from(readFileSync(path));
      const type = MEDIA[extname(name)] ?? "application/octet-stream";
      return [
        `/${relative(directory, path).replaceAll("\\", "/")}`,
        { type, body, gzip: Uint8Array.from(gzipSync(body)) },
      ];
    }),
  );
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
