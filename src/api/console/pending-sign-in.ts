import { createHmac } from "node:crypto";
import { after, type Host, type Instant, instant } from "../../contracts/index.ts";
import { derivedKey } from "../../guard/index.ts";

/*
 * A sign-in between its two halves: the browser leaves for the issuer, and comes back with a code.
 *
 * P1  Nothing of it is stored here: what the second half asks for follows from the browser's cookie and the installation's key, so every
 *     process of an installation finishes what another began.
 * P2  The cookie opens nothing: without the installation's key nobody has the verifier, nor a state that fits another cookie.
 */

export const PENDING_COOKIE = "countermark_oidc";

/** How long somebody may take at their issuer. */
export const PENDING_MS = 10 * 60_000;

const SEED_BYTES = 24;
const COOKIE = /^[\w-]{32}\.(\d{1,16})$/;

export interface PendingSignIn {
  readonly cookie: string;
  /** Comes back with the code: it is the answer to this browser's question. */
  readonly state: string;
  /** Comes back in the token: it was made for this sign-in. */
  readonly nonce: string;
  /** Shown with the code only: who intercepts the code has not got it (PKCE, RFC 7636). */
  readonly verifier: string;
}

export function beginPending({ random, clock }: Pick<Host, "random" | "clock">, installationKey: Uint8Array) {
  const seed = Buffer.from(random.bytes(SEED_BYTES)).toString("base64url");
  return pendingOf(`${seed}.${after(clock.now(), PENDING_MS)}`, installationKey);
}

/** A sign-in by its cookie; undefined where there is none, or it has taken too long. */
export function findPending(
  cookie: string | undefined,
  installationKey: Uint8Array,
  now: Instant,
): PendingSignIn | undefined {
  const endsAt = COOKIE.exec(cookie ?? "")?.[1];
  if (cookie === undefined || endsAt === undefined || instant(Number(endsAt)) <= now) return undefined;
  return pendingOf(cookie, installationKey);
}

function pendingOf(cookie: string, installationKey: Uint8Array): PendingSignIn {
  const key = derivedKey(installationKey, "oidc sign-in");
  const derived = (use: string) => createHmac("sha256", key).update(`${use} ${cookie}`).digest("base64url");
  return { cookie, state: derived("state"), nonce: derived("nonce"), verifier: derived("verifier") };
}
