import { accepted, assert, type Refusal, type Result, rejected, sha256Hex } from "../../contracts/index.ts";
import { type Identity, keyHolder, type PrincipalKind, type Role, resolveKey } from "../../guard/index.ts";
import { asFault, inTenant } from "../../store/index.ts";
import { openSession } from "../console/session.ts";
import type { Installation } from "../installation.ts";

/** Who asks, as the key says. Nothing else in a request has a say in it. */
export interface Caller {
  readonly tenantId: string;
  readonly principalId: string;
  readonly kind: PrincipalKind;
  readonly role: Role;
  /** As whom they signed in at an issuer; null for who has a key of their own. */
  readonly identity: Identity | null;
  /** Of the key that was shown, or that a browser's session stands for. */
  readonly keySha256: string;
}

/** What a request shows of who asks. */
export interface Shown {
  /** Of the `Authorization` header. */
  readonly authorization: string | undefined;
  /** Of a browser that signed in. */
  readonly session: string | undefined;
  /** Which of its grants is meant: a page's own script says it, which no form or link of another site can. */
  readonly sessionTenant: string | undefined;
}

/** By which a page names the tenant that it shows. */
export const SESSION_TENANT_HEADER = "console-tenant";

const BEARER = /^Bearer (cmk_[A-Za-z0-9_-]{16,200})$/i;

type Ports = Pick<Installation, "database" | "host" | "installationKey">;

/** Whose key or session a request shows. Refused with UNAUTHENTICATED, which never says what was wrong with it. */
export async function authenticate(ports: Ports, shown: Shown): Promise<Result<Caller>> {
  const keySha256 = shownKey(ports, shown);
  if (keySha256 === undefined) return rejected(UNAUTHENTICATED);
  return callerOf(ports, keySha256);
}

/** A header outweighs a session. */
function shownKey({ host, installationKey }: Ports, shown: Shown): string | undefined {
  const { authorization, session, sessionTenant } = shown;
  if (authorization !== undefined) {
    const key = BEARER.exec(authorization)?.[1];
    return key === undefined ? undefined : sha256Hex(key);
  }
  return openSession(session, installationKey, host.clock.now())?.grants[sessionTenant ?? ""];
}

/** Who holds the key with this SHA-256. Refused with UNAUTHENTICATED where nobody does, or no more. */
export async function callerOf({ database }: Pick<Ports, "database">, keySha256: string): Promise<Result<Caller>> {
  const owner = await ownerOf(database, keySha256);
  if (owner === undefined) return rejected(UNAUTHENTICATED);
  const { tenant_id: tenantId, principal_id: principalId, role } = owner;
  const [holder] = await inTenant(database, tenantId, (sql) => keyHolder(sql, keySha256));
  assert(holder !== undefined, "a key belongs to a principal");
  const { kind, issuer, subject } = holder;
  const identity = issuer === null || subject === null ? null : { issuer, subject };
  return accepted({ tenantId, principalId, kind, role, identity, keySha256 });
}

/** The SHA-256 of a key as people type it; undefined where it has not the form of one. */
export const keySha256Of = (key: string): string | undefined =>
  BEARER.test(`Bearer ${key}`) ? sha256Hex(key) : undefined;

const UNAUTHENTICATED: Refusal = { code: "UNAUTHENTICATED", message: "no valid key was given" };

async function ownerOf({ app }: Ports["database"], keySha256: string) {
  try {
    return await resolveKey(app, keySha256);
  } catch (error) {
    throw asFault(error);
  }
}
