import { isIP } from "node:net";
import type { Refusal, Stop } from "../contracts/index.ts";
import { liveCredentialIn } from "./hygiene.ts";
import { isLoopbackAddress, type NetworkPolicy, networkVerdict } from "./network.ts";
import { limited } from "./response-cap.ts";

/*
 * A handler's only way out. One egress serves one attempt of one call.
 *
 * G1  Nothing is sent before host, size and credentials passed.
 * G2  Redirects are not followed; one to another origin is a refusal, because following it would widen the scope.
 * G3  A POST under one Idempotency-Key leaves at most once per attempt: SDKs that repeat it silently after a lost
 *     connection would hide an attempt from the ledger.
 * G4  Errors carry neither `code` nor `cause`, by which SDKs recognise what they repeat on their own.
 */

/** Thrown into the handler: a rule said no. `perform` turns it back into the refusal. */
export class EgressRefused extends Error {
  override readonly name = "EgressRefused";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Thrown into the handler: no answer came. `sent` says whether the provider may have seen the request. */
export class ConnectionFailed extends Error {
  override readonly name = "ConnectionFailed";
  readonly sent: "no" | "maybe";

  constructor(message: string, sent: "no" | "maybe") {
    super(message);
    this.sent = sent;
  }
}

export interface EgressOptions extends NetworkPolicy {
  /** Bytes of one request's body; null is no cap. */
  readonly requestCapBytes: number | null;
  /** Bytes of one response's body, cut off while streaming; null is no cap. */
  readonly responseCapBytes: number | null;
  /** The end of the attempt. */
  readonly stop: Stop;
  readonly fetch: typeof fetch;
  /** All addresses of a host name; asked in sandbox mode only. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
}

export interface Egress {
  readonly fetch: typeof fetch;
  /** Whether any request may have reached a provider. */
  readonly hasSent: () => boolean;
}

/** Opens the way out for one attempt. */
export function openEgress(options: EgressOptions): Egress {
  const keysSent = new Set<string>();
  let sent = 0;
  const guardedFetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? null : await request.arrayBuffer();
    refuseUnsafe(request, body, options);
    await refuseForeignAddress(new URL(request.url), options);
    claimKey(request, keysSent);
    sent++;
    try {
      return admitted(request, await send(request, body, options), options);
    } catch (error) {
      if (error instanceof ConnectionFailed && error.sent === "no") sent--;
      throw error;
    }
  };
  return { fetch: guardedFetch, hasSent: () => sent > 0 };
}

function refuseUnsafe(request: Request, body: ArrayBuffer | null, options: EgressOptions): void {
  const verdict = networkVerdict(request.url, options);
  if (!verdict.pass) throw new EgressRefused(verdict.refusal);
  const bytes = body?.byteLength ?? 0;
  if (options.requestCapBytes !== null && bytes > options.requestCapBytes)
    throw tooLarge("request", options.requestCapBytes);
  if (options.mode === "sandbox") refuseLiveCredential(request, body);
}

function refuseLiveCredential(request: Request, body: ArrayBuffer | null): void {
  const texts = [request.url, ...[...request.headers].map(([, value]) => decoded(value))];
  if (body !== null) texts.push(Buffer.from(body).toString("latin1"));
  for (const text of texts) {
    const provider = liveCredentialIn(text);
    if (provider !== undefined)
      throw new EgressRefused({
        code: "LIVE_FORBIDDEN",
        message: `a live credential of ${provider} was about to be sent`,
      });
  }
}

/** `Basic` credentials as they read, every other header as it is. */
const decoded = (header: string): string =>
  /^basic /i.test(header) ? Buffer.from(header.slice(6), "base64").toString("latin1") : header;

// A listed name may be pointed elsewhere by a resolver; sandbox traffic must stay on this machine all the same.
async function refuseForeignAddress(url: URL, options: EgressOptions): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (options.mode === "live" || isIP(host) !== 0) return;
  const addresses = await options.resolve(host);
  if (addresses.length > 0 && addresses.every(isLoopbackAddress)) return;
  throw new EgressRefused({ code: "NETWORK_DENIED", message: `\`${host}\` does not resolve to this machine` });
}

// G3
function claimKey(request: Request, keysSent: Set<string>): void {
  const key = request.headers.get("idempotency-key");
  if (key === null || request.method !== "POST") return;
  const name = JSON.stringify([request.url, key]);
  if (keysSent.has(name)) throw new ConnectionFailed("not sent again under the same Idempotency-Key", "maybe");
  keysSent.add(name);
}

async function send(request: Request, body: ArrayBuffer | null, options: EgressOptions): Promise<Response> {
  const signal = AbortSignal.any([options.stop.signal, request.signal]);
  try {
    return await options.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body,
      redirect: "manual", // G2
      signal,
    });
  } catch (error) {
    throw connectionFailed(error); // G4
  }
}

/** Failures that happen before anything is written to a connection. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function connectionFailed(error: unknown): ConnectionFailed {
  const code = codeOf(error) ?? (error instanceof Error ? codeOf(error.cause) : undefined);
  const sent = code !== undefined && NEVER_SENT.has(code) ? "no" : "maybe";
  return new ConnectionFailed(
    `the connection failed (${code ?? (error instanceof Error ? error.name : "unknown")})`,
    sent,
  );
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function admitted(request: Request, response: Response, options: EgressOptions): Response {
  const location = response.headers.get("location");
  if (response.status >= 300 && response.status < 400 && location !== null) {
    const target = URL.canParse(location, request.url) ? new URL(location, request.url) : undefined;
    if (target?.origin !== new URL(request.url).origin)
      throw new EgressRefused({ code: "NETWORK_DENIED", message: "the answer redirects to another origin" });
  }
  return limited(response, {
    capBytes: options.responseCapBytes,
    refusal: () => tooLarge("response", options.responseCapBytes),
    lost: connectionFailed, // G4
  });
}

const tooLarge = (what: "request" | "response", limit: number | null): EgressRefused =>
  new EgressRefused({
    code: "DATA_CAP_EXCEEDED",
    message: `the ${what} is larger than the scope's cap of ${limit} bytes`,
    details: { limit },
  });
