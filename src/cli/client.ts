import {
  after,
  Fault,
  isCode,
  isJsonObject,
  type Json,
  type JsonObject,
  type Problem,
  parseJson,
  problemOf,
  type Result,
} from "../contracts/index.ts";
import type { Context } from "./command.ts";
import { type KeyHolder, readKey } from "./key-file.ts";
import { note } from "./output.ts";
import { findServer } from "./server-file.ts";
import type { Workshop } from "./workshop.ts";

/** What the API said: a document, or a problem. */
export type Answer =
  | { readonly ok: true; readonly status: number; readonly body: JsonObject }
  | { readonly ok: false; readonly problem: Problem };

/** The API, wherever it is: a running server, or the same app in this process. */
export interface Client {
  /** @param query values that are undefined are left out */
  get(path: string, query?: { readonly [name: string]: string | undefined }): Promise<Answer>;
  post(path: string, body: JsonObject): Promise<Answer>;
  /** Takes an answer of any length as it comes; null once all of it was taken. */
  take(
    path: string,
    query: { readonly [name: string]: string | undefined },
    piece: (text: string) => void,
  ): Promise<Problem | null>;
  /** True: nobody else may be working, so what is to happen happens while this command waits. */
  readonly isLocal: boolean;
  /** Has a worker of this process advance runs until the client is closed; a server has its own. */
  work(): void;
  close(): Promise<void>;
}

/** How a request reaches the app: `fetch`, or the app's own. */
type Send = (request: Request) => Response | Promise<Response>;

/**
 * Opens the API: at `--url`, else at the directory's running server, else in this process. Refused with UNAUTHENTICATED
 * when there is no key. Faults as `openInstallation`.
 */
async function openClient(context: Context, holder: KeyHolder = "owner"): Promise<Result<Client>> {
  const url = context.config.url ?? (await runningServer(context));
  const workshop = url === null ? await ownWorkshop(context) : null;
  const key = await keyOf(context, holder);
  if (!key.ok) {
    await workshop?.close();
    return key;
  }
  const caller = { context, key: key.value };
  return {
    ok: true,
    value: workshop === null ? remote(caller, url ?? "") : local(caller, workshop),
  };
}

/** The whole runtime, loaded only where no server runs: that alone takes a second. */
const ownWorkshop = async (context: Context): Promise<Workshop> =>
  (await import("./workshop.ts")).openWorkshop(context);

/** Opens the API, does one thing with it and closes it, whatever came of it. */
export async function withClient<T>(
  context: Context,
  holder: KeyHolder,
  work: (client: Client) => Promise<T>,
): Promise<Result<T>> {
  const opened = await openClient(context, holder);
  if (!opened.ok) return opened;
  try {
    return { ok: true, value: await work(opened.value) };
  } finally {
    await opened.value.close();
  }
}

async function keyOf({ config }: Context, holder: KeyHolder): Promise<Result<string>> {
  return config.key === null ? readKey(config.directory, holder) : { ok: true, value: config.key };
}

/** Long enough for a busy server on this machine to say that it lives. */
const HEALTH_MS_MAX = 2_000;

async function runningServer(context: Context): Promise<string | null> {
  const found = await findServer(context);
  if (found.kind === "none") return null;
  const why = found.kind === "ignored" ? found.why : await silence(context, found.url);
  if (why === null && found.kind === "running") return found.url;
  note(context, `ignored: ${why}`);
  return null;
}

/** Why a server does not count as running; null when it answers. A reused pid is another process. */
async function silence({ host: { clock } }: Context, url: string): Promise<string | null> {
  const late = new AbortController();
  const answered = new AbortController();
  void clock.wake(after(clock.now(), HEALTH_MS_MAX), answered.signal).then(() => late.abort());
  try {
    const response = await fetch(`${url}/v1/health`, { signal: late.signal });
    await response.body?.cancel();
    return null;
  } catch {
    return `no server answers at ${url}`; // whatever kept it from answering
  } finally {
    answered.abort();
  }
}

interface Caller {
  readonly context: Context;
  readonly key: string;
}

/** Where the app in this process is said to be; nothing leaves the process. */
const LOCAL_ORIGIN = "http://countermark.local";

const local = (caller: Caller, workshop: Workshop): Client => ({
  ...requests(caller, LOCAL_ORIGIN, (request) => workshop.fetch(request)),
  isLocal: true,
  work: () => workshop.work(),
  close: () => workshop.close(),
});

const remote = (caller: Caller, url: string): Client => ({
  ...requests(caller, url, (request) => fetchFrom(url, request)),
  isLocal: false,
  work: () => undefined,
  close: async () => undefined,
});

async function fetchFrom(url: string, request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (cause) {
    throw new Fault("SERVER_UNREACHABLE", `no server answers at ${url}`, { retry: "never", cause });
  }
}

function requests({ context, key }: Caller, origin: string, send: Send): Pick<Client, "get" | "post" | "take"> {
  const headers = { authorization: `Bearer ${key}`, accept: "application/json" };
  const asked = async (path: string, query: { readonly [name: string]: string | undefined }): Promise<Response> => {
    const url = new URL(`${origin}${path}`);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    return send(new Request(url, { headers }));
  };
  return {
    get: async (path, query = {}) => answerOf(await asked(path, query), origin),
    take: async (path, query, piece) => {
      const response = await asked(path, query);
      if (!response.ok || response.body === null) {
        const answer = await answerOf(response, origin);
        return answer.ok ? strange(origin, response.status) : answer.problem;
      }
      await takeAll(response.body, origin, piece);
      return null;
    },
    post: async (path, body) => {
      const once = { "content-type": "application/json", "idempotency-key": context.host.ids.next() };
      const init = { method: "POST", headers: { ...headers, ...once }, body: JSON.stringify(body) };
      return answerOf(await send(new Request(`${origin}${path}`, init)), origin);
    },
  };
}

/** An answer that breaks off is no answer. */
async function takeAll(body: ReadableStream<Uint8Array>, origin: string, piece: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  try {
    for await (const bytes of body) piece(decoder.decode(bytes, { stream: true }));
  } catch (cause) {
    throw new Fault("SERVER_UNREACHABLE", `the answer of ${origin} broke off`, { retry: "never", cause });
  }
}

async function answerOf(response: Response, origin: string): Promise<Answer> {
  const parsed = parseJson(await response.text());
  const body = parsed.ok && isJsonObject(parsed.value) ? parsed.value : null;
  if (body !== null && response.ok) return { ok: true, status: response.status, body };
  return {
    ok: false,
    problem: body === null ? strange(origin, response.status) : problemIn(body, origin, response.status),
  };
}

/** A problem document, read as far as it can be relied on. */
function problemIn(body: JsonObject, origin: string, status: number): Problem {
  const { code, detail, remedy, field_path } = body;
  if (typeof code !== "string" || !isCode(code) || typeof detail !== "string") return strange(origin, status);
  const problem = { ...problemOf({ code, message: detail }), ...withoutOurs(body) };
  return {
    ...problem,
    ...(typeof remedy === "string" ? { remedy } : {}),
    ...(typeof field_path === "string" ? { field_path } : {}),
  };
}

/** Members of a problem that we show as they came. */
const withoutOurs = ({ details }: JsonObject): { details?: { readonly [name: string]: Json } } =>
  isJsonObject(details) ? { details } : {};

const strange = (origin: string, status: number): Problem =>
  problemOf({ code: "SERVER_UNREACHABLE", message: `${origin} answers (${status}), but not as countermark does` });
