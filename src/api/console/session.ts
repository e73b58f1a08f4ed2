import { createHmac, timingSafeEqual } from "node:crypto";
import { type Instant, instant, isJsonObject, parseJson } from "../../contracts/index.ts";
import { derivedKey } from "../../guard/index.ts";

/** What a browser holds: for each tenant that it may see, the SHA-256 of the key that it signed in with. */
export interface Session {
  readonly grants: { readonly [tenantId: string]: string };
  readonly endsAt: Instant;
}

export const SESSION_COOKIE = "countermark_session";

/** Tenants of one session: what a cookie of 4 kB can hold, however long their ids are. */
export const GRANTS_MAX = 20;

/** Adds grants to those that are held; of too many, the ones that were held go. */
export const grantsWith = (added: Session["grants"], held: Session["grants"]): Session["grants"] =>
  Object.fromEntries(Object.entries({ ...added, ...held, ...added }).slice(0, GRANTS_MAX));

/** A working day: after it, sign in again. */
export const SESSION_MS = 12 * 3_600_000;

/**
 * A session as its cookie has it: readable, and unforgeable without the installation's key. Nothing of it is stored, so every
 * process of an installation honours it; a revoked key ends it at once, because each request looks its keys up.
 */
export function sealSession(session: Session, installationKey: Uint8Array): string {
  const text = Buffer.from(JSON.stringify({ grants: session.grants, ends: session.endsAt })).toString("base64url");
  return `${text}.${macOf(text, installationKey).toString("base64url")}`;
}

/** A session from its cookie; undefined where there is none, it was altered, or it has ended. */
export function openSession(
  cookie: string | undefined,
  installationKey: Uint8Array,
  now: Instant,
): Session | undefined {
  const [text = "", mac = ""] = (cookie ?? "").split(".");
  const [given, due] = [Buffer.from(mac, "base64url"), macOf(text, installationKey)];
  if (given.length !== due.length || !timingSafeEqual(given, due)) return undefined;
  const parsed = parseJson(Buffer.from(text, "base64url").toString("utf8"));
  if (!parsed.ok || !isJsonObject(parsed.value)) return undefined;
  const { grants, ends } = parsed.value;
  if (grants === undefined || !isJsonObject(grants) || typeof ends !== "number" || ends <= now) return undefined;
  const held = Object.entries(grants).flatMap(([tenant, sha]) => (typeof sha === "string" ? [[tenant, sha]] : []));
  return { grants: Object.fromEntries(held), endsAt: instant(ends) };
}

const macOf = (text: string, installationKey: Uint8Array): Buffer =>
  createHmac("sha256", derivedKey(installationKey, "console session")).update(text).digest();
