import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { serve } from "../../src/index.ts";

/**
 * The model's API on this machine: over HTTP like the provider's, but with answers that were recorded. A recording is a file
 * named for the SHA-256 of its request (method, path and body, as sent), so a prompt, a tool or an output that differs by one
 * character has none.
 */

export interface RecordedModelOptions {
  /** Folder of the recordings. */
  readonly recordings: string;
  /** Where to ask for what is not recorded, and with which key; null refuses it. */
  readonly live: LiveModel | null;
  /** Told of each request: its digest, and what became of it. */
  readonly tell: (digest: string, became: "answered" | "recorded" | "refused") => void;
}

export interface LiveModel {
  readonly origin: string;
  readonly key: string;
}

interface Recording {
  readonly request: { readonly method: string; readonly path: string; readonly body: unknown };
  readonly response: { readonly status: number; readonly body: unknown };
}

/** What is asked for, as the provider's client sent it. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** Starts it on a free port of the loopback address. */
export const startRecordedModel = (options: RecordedModelOptions) =>
  serve({ fetch: (request) => answer(options, request) }, { port: 0 });

async function answer({ recordings, live, tell }: RecordedModelOptions, request: Request): Promise<Response> {
  const asked = { method: request.method, path: new URL(request.url).pathname, body: await request.text() };
  const digest = digestOf(asked);
  const file = join(recordings, `${digest}.json`);
  const recorded = await recordingIn(file);
  if (recorded !== null) {
    tell(digest, "answered");
    return Response.json(recorded.response.body, { status: recorded.response.status });
  }
  if (live === null) {
    tell(digest, "refused");
    return refusal(digest);
  }
  const response = await asks(live, asked, request.headers);
  const recording: Recording = { request: { ...asked, body: JSON.parse(asked.body) }, response };
  if (response.status === OK) await writeFile(file, `${JSON.stringify(recording, null, 2)}\n`);
  tell(digest, response.status === OK ? "recorded" : "refused");
  return Response.json(response.body, { status: response.status });
}

const OK = 200;

export const digestOf = ({ method, path, body }: Asked): string =>
  createHash("sha256").update(`${method} ${path}\n${body}`).digest("hex");

async function recordingIn(file: string): Promise<Recording | null> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Headers that say in which version of its API the provider is to answer. */
const PASSED_ON = ["anthropic-version", "anthropic-beta"];

async function asks({ origin, key }: LiveModel, { method, path, body }: Asked, given: Headers) {
  const versions = PASSED_ON.flatMap((name) => (given.has(name) ? [[name, given.get(name) ?? ""] as const] : []));
  const headers = { ...Object.fromEntries(versions), "content-type": "application/json", "x-api-key": key };
  const response = await fetch(`${origin}${path}`, { method, headers, body });
  const answered: unknown = await response.json();
  return { status: response.status, body: answered };
}

/** In the provider's own form, so that its client shows the message. */
const refusal = (digest: string): Response =>
  Response.json(
    {
      type: "error",
      error: {
        type: "not_found_error",
        message:
          `no recording of request ${digest}: record one by starting the example with --record FILE, ` +
          "where FILE holds a key of the provider",
      },
    },
    { status: 404 },
  );
