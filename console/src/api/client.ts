import type { Grant } from "./wire.ts";

/** A refusal or a fault, as the server told it. */
export class ApiError extends Error {
  readonly code: string;
  readonly remedy: string;
  readonly status: number;

  constructor(problem: { readonly code: string; readonly detail: string; readonly remedy: string }, status: number) {
    super(problem.detail);
    this.code = problem.code;
    this.remedy = problem.remedy;
    this.status = status;
  }
}

/** Asks for a tenant's document. Throws `ApiError`, also where the server cannot be reached. */
export const read = <T>(tenant: string, path: string): Promise<T> => ask<T>(tenant, path, { method: "GET" });

/** A key of one act. Made of what every page has: `randomUUID` is missing where one came over plain http from another host. */
export const newKey = (): string =>
  [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join("-");

/** Acts once, however often it is repeated under one key, by the network or by hand. Throws `ApiError`. */
export const act = <T>(tenant: string, path: string, body: object, key: string = newKey()): Promise<T> =>
  ask<T>(tenant, path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "idempotency-key": key },
  });

interface Session {
  readonly grants: readonly Grant[];
  readonly tenant_id?: string;
  /** Where people sign in without a key; null or left out: nowhere. */
  readonly issuer?: string | null;
}

export const readSession = (): Promise<Session> => ask("", "/session", { method: "GET" });

/** By a key, by a link's code, or by the query with which an issuer sent the browser back. */
type Shown = { readonly key: string } | { readonly code: string } | { readonly oidc: string };

export const signIn = async (shown: Shown): Promise<Session> => {
  const session = await ask<Session>("", "/session", {
    method: "POST",
    body: JSON.stringify(shown),
    headers: { "content-type": "application/json" },
  });
  tellSigning();
  return session;
};

/** Where the browser has to go to sign in at the issuer. */
export const leaveForIssuer = (): Promise<{ readonly location: string }> =>
  ask("", "/session/oidc", { method: "POST" });

export const signOut = async (): Promise<void> => {
  await ask("", "/session", { method: "DELETE" });
  tellSigning();
};

/** The channel on which every page of a browser hears that somebody signed in or out on one of them. */
export const SIGNING = "signing";

function tellSigning(): void {
  const channel = new BroadcastChannel(SIGNING);
  channel.postMessage(null);
  channel.close();
}

const ask = async <T>(tenant: string, path: string, init: RequestInit): Promise<T> =>
  (await reach(tenant, path, init)).json();

/** The answer to what is asked of a tenant. Throws `ApiError`, also where whatever stands before the server answers in its place. */
export async function reach(tenant: string, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("console-tenant", tenant);
  const response = await fetch(path, { ...init, headers }).catch(unreachable);
  if (!response.ok) throw new ApiError(await response.json().catch(() => UNREACHABLE), response.status);
  return response;
}

const UNREACHABLE = { code: "UNREACHABLE", detail: "the server cannot be reached", remedy: "is it running?" } as const;

export function unreachable(): never {
  throw new ApiError(UNREACHABLE, 0);
}
